"""What a package brings with it. Standard library only: both environments read it."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?([^;]*)(?:;(.*))?", re.DOTALL)


def weight(name: str) -> dict[str, float]:
    """Packages and megabytes (1e6 bytes) of a package and all that it needs here.

    Args:
        name: as it is installed.

    Returns:
        `packages`, and `megabytes` of their files, compiled Python code left out.
    """
    found = needed(name)
    total = sum(_bytes(one) for one in found.values())
    return {"packages": float(len(found)), "megabytes": total / 1e6}


def needed(name: str) -> dict[str, Distribution]:
    """A package and what it requires, all the way down, as far as it is installed."""
    found: dict[str, Distribution] = {}
    waiting = [(name, "")]
    asked: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in asked:
            continue
        asked.add(wanted)
        try:
            one = distribution(wanted[0])
        except PackageNotFoundError:
            continue  # for another system or version of Python
        found[_plain(wanted[0])] = one
        for requirement in one.requires or ():
            waiting += _followed(requirement, wanted[1])
    return found


def _followed(requirement: str, extra: str) -> list[tuple[str, str]]:
    """Package and extras that a requirement names; none if it belongs to another extra."""
    match = _REQUIREMENT.match(requirement)
    if match is None:
        return []
    name, extras, _, marker = match.groups()
    named = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker or "")
    if named and _plain(named[1]) != extra:
        return []
    return [(_plain(name), _plain(one.strip())) for one in ["", *(extras or "").split(",")]]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _bytes(one: Distribution) -> int:
    places = [path.locate() for path in one.files or () if path.suffix != ".pyc"]
    return sum(place.stat().st_size for place in places if place.is_file())
