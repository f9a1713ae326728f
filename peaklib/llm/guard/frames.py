"""Orders to the model that reads a text, and what does not belong into prose of a page."""

from typing import Final

from peaklib.llm.guard.rule import Rule, patterns

PROMPT_AND_PAGE: Final = (
    Rule(
        "injection.override",
        "gives orders to the model that reads it; a source is data, never an instruction",
        patterns(
            r"\b(?:ignore|disregard|forget|override|bypass|skip|discard|"
            r"neglect)\b(?: \w{1,12}){0,4} "
            r"(?:previous|prior|above|earlier|preceding|former|system|original|safety|your|all|"
            r"these|"
            r"other)(?: \w{1,12}){0,2} (?:instructions?|prompts?|rules?|messages?|guidelines?|"
            r"context|"
            r"policy|policies|directives?|orders?|commands?|restrictions?)\b",
            r"\bforget (?:everything|all) (?:you|that|above|before|i)\b",
            r"\b(?:ignore|disregard|forget|override|discard|neglect) "
            r"(?:what(?:ever)?|everything|anything|all)(?: \w{1,12}){0,6} "
            r"(?:told|said|before|above|earlier|instructed|so far|up to now)\b",
            r"(?:^\W{0,6}|[.;:,!?] |\b(?:and|then|please|must|should|shall|to) )"
            r"(?:reply|respond|answer) (?:only|just|solely|exclusively|always) "
            r"(?:with|by|in|that)\b",
            r"\b(?:notes?|notice|message|memo|reminder|hint|attention|instructions?) (?:to|for) "
            r"(?:all |any |every |the |you,? )?(?:ais?|ai \w{2,12}|llms?|language models?|"
            r"chat ?bots?|"
            r"(?:reader|reading|critic|reviewing|grading|summari[sz]ing) "
            r"(?:model|assistant|agent|system)s?|assistants?)\b",
            r"\byou,? (?:as )?(?:the|an?) (?:\w{1,12} ){0,2}"
            r"(?:model|assistant|ai|llm|critic|agent|chatbot)\b",
            r"\b(?:set|mark|rate|report|assign|give|put) (?:the |your |its |all |every |each |a )?"
            r"(?:confidence|verdict|claims?)(?: \w{1,12}){0,3} (?:to|as|at) \W?"
            r"(?:high|low|medium|pass|fail|true|supported|approved?|verified)\b",
            r"\b(?:must|shall|should) be (?:reported|marked|rated|treated|graded|scored|judged) as "
            r"\W?(?:high|low|medium|pass|fail|true|supported|approved|verified|correct)\b",
            r"\b(?:new|updated|real|actual|hidden|secret|"
            r"additional) (?:system )?instructions?(?: (?:is|are|"
            r"follow|for you))?\s?[:=]",
            r"\byou are (?:now|no longer) (?:an?|in|the|bound|free|unrestricted|developer|dan|"
            r"going)\b",
            r"\b(?:pretend|act|behave|respond|answer) (?:to be|as|like|as if you were) (?:an? |"
            r"the |if )?"
            r"(?:different|unrestricted|unfiltered|developer|admin\w{0,9}|root|system|dan|"
            r"jailb\w{0,8}|"
            r"evil|another (?:model|ai|assistant))\b",
            r"\b(?:developer|debug|god|dan|admin) mode\b(?=.{0,30}(?:enabled|on|activated|:|now))",
            r"\b(?:ai|language model|llm|assistant|chatbot|gpt|model)s? (?:reading|processing|"
            r"that reads?|"
            r"who reads?|summari[sz]ing)\b[^.!?\n]{0,40}\b(?:must|should|shall|please|this)\b",
            r"\bjailbreak\b|\bprompt injection succeeded\b",
            r"\bignorier\w{0,3} (?:\w{1,12} ){0,3}(?:vorherigen?|bisherigen?|obigen?|früheren?|"
            r"alle)"
            r"(?: \w{1,12}){0,2} (?:anweisung|regel|befehl|vorgabe)",
            r"\bvergiss (?:alles|alle|deine)\b",
        ),
    ),
    Rule(
        "injection.role",
        "imitates the frame of a prompt; a source is data, never an instruction",
        patterns(
            r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|</?(?:system|assistant|user|evidence|"
            r"instructions?|"
            r"tool_call|function_call)>",
            r"^\W{0,6}(?:system|assistant|developer)(?: prompt| message)?\W{0,4}:(?!\w)",
            r"^#{1,6} ?(?:system|instructions?)(?: prompt| message)?\s?:?$",
        ),
    ),
    Rule(
        "injection.leak",
        "asks for prompts, keys or silence; a source is data, never an instruction",
        patterns(
            r"\b(?:reveal|print|output|show|repeat|leak|send|post|exfiltrate|upload|forward|"
            r"disclose|"
            r"tell me)\b(?: \w{1,12}){0,4} (?:system prompt|your prompt|your instructions|"
            r"initial instructions|api[- _]?keys?|secrets?|passwords?|credentials?|"
            r"environment variables?|"
            r"access tokens?)\b",
            r"\b(?:do not|don't|never) (?:tell|inform|mention|alert|warn|"
            r"reveal)\b(?: \w{1,12}){0,4}? "
            r"(?:users?|humans?|operators?|readers?|reviewers?|anyone|anybody)\b",
        ),
    ),
    Rule(
        "page.link",
        "holds a link; prose of a model names sources by key, it links nowhere",
        patterns(
            r"\b(?:https?|ftp|file|ws|wss)://|\bwww\.[\w-]|\bmailto:\S|\]\([^)\s]|"
            r"^\s{0,3}\[[^\]]{1,60}\]:\s?\S{1,200}[./]\w",
        ),
    ),
    Rule(
        "page.markup",
        "holds HTML or a script; prose goes into a page as plain text",
        patterns(
            r"<!--|<!doctype|<\?xml|<\s?/?\s?(?:a|abbr|audio|b|base|body|br|button|canvas|center|"
            r"code|div|em|"
            r"embed|font|form|frame|h[1-6]|head|hr|html|i|iframe|img|input|link|li|math|meta|"
            r"noscript|"
            r"object|ol|p|pre|s|script|select|source|span|strong|style|sub|sup|svg|table|tbody|td|"
            r"template|textarea|th|thead|title|tr|u|ul|video)(?:\s[^<>]{0,200})?/?\s?>",
            r"<\s?/?\s?(?:script|iframe|img|svg|object|embed|style|link|meta|base|form)\b",
            r"\b(?:javascript|vbscript):\S|\bdata:text/|\bon(?:click|error|load|mouseover|"
            r"focus)\s?=",
            r"&(?:lt|#0*60|#x0*3c);\s?/?\s?(?:script|iframe|img|svg)",
        ),
    ),
)
