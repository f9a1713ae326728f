"""Which provider, model and address may be asked, and which model may have answered.

The owner's rule is literal: no provider `anthropic`, no model id with `claude` anywhere in it, no
base URL with `anthropic` anywhere in it. Here both words are refused in all three. A word can be
spelled in many ways, so nothing is searched before its spelling is beyond doubt:

1. syntax     printable ASCII without blanks, in a form that no two readers take differently
2. allowlist  what is not named is refused
3. denylist   the forbidden words, also when divided by signs or written with digits for letters
4. lock       an id that does not say which model it is needs a record of what it stands for

`check` needs no list of models: it asks 1, of 2 the provider, and 3. A `Gate` asks all four.
Nothing here connects to anything, reads a file, or looks at the environment.
"""

from peaklib.llm.policy.gate import Gate, check, check_reply
from peaklib.llm.policy.opaque import is_opaque
from peaklib.llm.policy.words import ALLOWED_PROVIDERS, FORBIDDEN_WORDS

__all__ = ["ALLOWED_PROVIDERS", "FORBIDDEN_WORDS", "Gate", "check", "check_reply", "is_opaque"]
