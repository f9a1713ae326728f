"""What a refusal shows of a text that nobody has checked: enough to find it, no secrets."""

import re
from typing import Final, NoReturn

from peaklib.errors import PolicyViolation

_LONGEST: Final = 80
_HIDDEN: Final = "***"

# Signs that set a secret off, each also in its wide forms and percent-encoded however often.
_AT: Final = re.compile(r"[@\uff20\ufe6b]|%(?:25)*40")
_REST: Final = re.compile(r"[?#\uff1f\ufe56\uff03\ufe5f]|%(?:25)*(?:3f|23)", re.IGNORECASE)
_VALUE: Final = re.compile(r"(?:[=\uff1d\ufe66]|%(?:25)*3d)[^&;/]*", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[:/\\\uff1a\uff0f]")
_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|hf|ghp)[-_]|AIza|AKIA|eyJ)[A-Za-z0-9_-]{12,}"
    r"|[A-Za-z0-9]{32,}"
)


def refuse(rule: str, saw: str, reason: str) -> NoReturn:
    """Raise the refusal.

    Args:
        rule: its name, such as `denylist.model`.
        saw: the text that was refused, as it came.
        reason: what the rule says and what to do; shown as it is.

    Raises:
        PolicyViolation: always.
    """
    raise PolicyViolation(rule, shown(saw), reason)


def shown(text: str) -> str:
    """A text as it may be shown.

    Args:
        text: anything.

    Returns:
        At most 80 printable ASCII characters, without user-info, without the values of a query or
        of a parameter, and without what looks like a key.
    """
    safe = ascii(_KEY.sub(_HIDDEN, _without_values(text)))[1:-1]
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - 3]}..."


def _without_values(text: str) -> str:
    rest = _REST.search(text)
    head, tail = (text[: rest.start()], text[rest.start() :]) if rest else (text, "")
    start = head.find("//") + 2 if "//" in head else 0
    if start and _AT.search(tail):
        # A password may hold a question mark: then this was no query.
        return f"{head[:start]}{_HIDDEN}"
    ats = list(_AT.finditer(head))
    if ats and _SIGNS.search(head, 0, ats[-1].start()):
        head = f"{head[:start]}{_HIDDEN}@{head[ats[-1].end() :]}"
    head = _VALUE.sub(f"={_HIDDEN}", head)
    return f"{head}{rest[0]}{_HIDDEN}" if rest else head
