"""An answer without intelligence: it repeats what the prompt holds, in the shape asked for."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from peaklib.llm.standin.asked import Asked, Said
from peaklib.llm.standin.instance import Thing, instance_of

_EVIDENCE: Final = re.compile(r"<evidence>\n(.*?)</evidence>", re.DOTALL)
_SOURCES: Final = re.compile(r"<sources>\n(.*?)</sources>", re.DOTALL)
# Names that schemas give to the key of a fact.
_KEYS: Final = ("key", "keys", "evidence", "evidence_key", "evidence_keys", "citation", "citations")
_QUOTE: Final = 160
NO_MODEL: Final = "This is a stand-in on this machine; no model was asked."
"""What it says where there is nothing to repeat."""


def parrot(asked: Asked) -> Said:
    """Repeat the facts and the passages that the last message of the user holds.

    A fact, a line of an `<evidence>` block, becomes a sentence with its key behind it; a passage,
    a line of a `<sources>` block, is quoted letter by letter. Without a schema the answer is these
    texts, one a line; with one it is a small valid instance made of them. The same request gives
    the same answer, always.
    """
    things = [*_facts(asked.prompt), *_quotes(asked.prompt)] or [{"text": NO_MODEL}]
    if asked.schema is None:
        return Said("\n".join(thing["text"] for thing in things))
    return Said(json.dumps(instance_of(asked.schema, things), ensure_ascii=False))


def _facts(prompt: str) -> Iterator[Thing]:
    for fact in _lines(_EVIDENCE, prompt, "key", "written"):
        label = str(fact.get("label") or "the value")
        verb = ":" if fact.get("unit") == "text" else " is"
        text = f"{label[:1].upper()}{label[1:]}{verb} {fact['written']} [{fact['key']}]."
        yield {"text": text, **dict.fromkeys(_KEYS, str(fact["key"]))}


def _quotes(prompt: str) -> Iterator[Thing]:
    for passage in _lines(_SOURCES, prompt, "source", "text"):
        text = str(passage["text"]).strip()
        quote = text if len(text) <= _QUOTE else text[:_QUOTE].rpartition(" ")[0]
        if quote:
            yield {"text": quote, "quote": quote, "source": str(passage["source"])}


def _lines(block: re.Pattern[str], prompt: str, *names: str) -> Iterator[dict[str, Any]]:
    """The lines of a block that can be read; a damaged one is left out."""
    found = block.search(prompt)
    for line in found.group(1).splitlines() if found else ():
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and set(names) <= content.keys():
            yield content
