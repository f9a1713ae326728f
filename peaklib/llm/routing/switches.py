"""The kill switches: variables of the environment that are read again for every call."""

from collections.abc import Mapping
from typing import Final

ENABLED: Final = "AI_ENABLED"
"""Whether any model may be asked at all; off unless it is set."""
ARMED: Final = "AI_ARMED"
"""Whether a call may lead to another one, such as a critic's; off unless it is set."""
_ON: Final = ("1", "true")


def is_on(environ: Mapping[str, str], name: str) -> bool:
    """Whether a switch is on: only `1` and `true` count, in exactly these letters.

    Args:
        environ: variables of the environment, as they are now.
        name: of the switch.
    """
    return environ.get(name) in _ON


def why_off(environ: Mapping[str, str], name: str) -> str:
    """A sentence's end that says why a switch is off."""
    value = environ.get(name)
    if value is None:
        return f"{name} is not set"
    return f"{name} is {value[:20]!r}, and only 1 and true switch it on"
