"""Every behaviour of a stand-in that is not simply an answer, by name."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from peaklib.errors import DataError
from peaklib.llm.standin.faults import (
    answers,
    connection,
    framing,
    polling,
    redirects,
    replies,
    statuses,
    unreadable,
    usage,
)
from peaklib.llm.standin.faults.fault import Fault as Fault

_GROUPS: Final = (
    connection,
    framing,
    unreadable,
    replies,
    usage,
    answers,
    redirects,
    statuses,
    polling,
)

FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        fault.name: replace(fault, group=module.GROUP)
        for module in _GROUPS
        for fault in module.FAULTS
    }
)
"""All faults by name, in the order of their groups."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "timeout": "hang-headers",
        "quota": "429-quota",
        "outage": "503",
        "drift": "other-model",
        "forbidden": "forbidden-model",
        "redirect": "307",
        "auth": "401",
        "gone": "404",
        "format": "schema-violated",
    }
)
"""Short names that a person types."""
HEALTHY: Final = "ok"
"""In a list of faults: this one request is answered well."""


def find_fault(name: str) -> Fault | None:
    """The fault of a name or an alias; None for `ok`.

    Raises:
        DataError: there is none of this name.
    """
    if name == HEALTHY:
        return None
    fault = FAULTS.get(ALIASES.get(name, name))
    if fault is None:
        from difflib import get_close_matches

        near = get_close_matches(name, [*ALIASES, *FAULTS, HEALTHY], 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise DataError(
            f"fault {name!r}: there is none of this name{hint} (`peak llm serve --list-faults`)"
        )
    return fault


def in_turn(names: str) -> str | list[str]:
    """What `NAME` or `NAME+NAME…` stands for: one fault always, or several in turn."""
    return names.split("+") if "+" in names else names
