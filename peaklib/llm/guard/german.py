"""The same of trades in German."""

from typing import Final

from peaklib.llm.guard.rule import Rule, patterns

GERMAN: Final = Rule(
    "trade.german",
    "rät zu einem Handel oder nennt einen Auftrag (advice or an order in German)",
    patterns(
        r"\b(?:ver|nach|zu|leer)?kaufen sie\b|\bhalten sie (?:den|die|das|an|ihre)\b",
        r"(?:^|[!:;] )\W{0,6}(?:jetzt )?(?:ver|nach)?kauf(?:e|en|t)?\b"
        r"(?=[^\w]*(?:$|[!.]|jetzt|den|die|das|alle|aktien|bei|am|im|unter|über|long|short))",
        r"\b(?:jetzt|sofort|heute) (?:ein|aus|zu|nach|ver)?(?:kaufen|steigen|zusteigen)\b",
        r"\b(?:sollten?|solltest|muss|müssen|empfehl\w{0,4}|rat(?:en|sam)|lohnt|gilt es|"
        r"zeit|könnte man|kann man|wir würden)\b[^.!?\n]{0,60}?\b(?:(?:ver|nach|zu|"
        r"leerver)?kaufen|"
        r"(?:einzu|auszu|ein|aus)steigen|(?:nach|zu|ver)zukaufen|(?:über|"
        r"unter)(?:zu)?gewichten|"
        r"leerverkaufen|mitnehmen|aufzustocken|aufstocken|abzubauen|abbauen)\b",
        r"\b(?:kauf|verkaufs?|handels)(?:empfehlung|signal|gelegenheit|order|auftrag)\w{0,4}\b",
        r"\b(?:einstieg|ausstieg|kauf|verkauf)s?(?:kurs|punkt|zone|marke)?\b ?"
        r"(?:bei|um|unter|über|ab|zu|liegt|:|=) ?(?:der marke |rund |etwa |von )?\d",
        r"\bstop[- ]?(?:loss|kurs)\b ?(?:bei|auf|unter|um|über|setzen|:|=|liegt|knapp|eng|"
        r"nachziehen)",
        r"\bkursziel(?:e|s)?\b ?(?:von|bei|ist|liegt|:|=|auf)|\bziel(?:kurs|marke)\b",
        r"\bgewinne? (?:mitnehmen|sichern|realisieren)\b|\b(?:long|short) gehen\b",
        r"\bpositionsgröße\b ?(?:von|bei|:|=)|\bhebel\b ?(?:von|:|=|mit) ?\d|"
        r"\bmit (?:\d+-?fachem )hebel\b",
        r"(?:^|[!:;] )\W{0,6}(?:aktien|den index|die position\w{0,2}|anleihen)? ?"
        r"(?:über|unter)gewichten\b",
    ),
    patterns(
        r"\bkein(?:e|en|er|erlei)?\b[^.!?]{0,40}?\b\w{0,8}(?:empfehlung|signal|aufforderung|rat|"
        r"angebot)\w{0,4}"
        r"(?:[^.!?]{0,30}\b(?:ver)?kaufen\b)?"
    ),
)
