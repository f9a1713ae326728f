"""What tells the cache's entries apart, and what is different between two of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Final

from peaklib.errors import FeatureError
from peaklib.evidence.canonical import digest

_NAME: Final = re.compile(r"\w[\w.+-]*")
_LONGEST: Final = 200
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SHORT: Final = 16
_FILE: Final = re.compile(rf"((?:[0-9a-f]{{{_SHORT}}}-?){{4}})\.parquet")
_SHOWN: Final = 4


@dataclass(frozen=True)
class CacheKey:
    """Everything that a feature's numbers depend on.

    Args:
        feature: name of the feature.
        rows: SHA-256 of the rows given, hexadecimal, as are all that follow.
        spec: of what was asked for: version, parameters, dependencies.
        code: of the sources that compute it.
        state: of what was learned in `fit`.

    Raises:
        FeatureError: the name is no name of a folder, or a digest is no SHA-256.
    """

    feature: str
    rows: str
    spec: str
    code: str
    state: str

    def __post_init__(self) -> None:
        checked_name(self.feature)
        for part in ("rows", "spec", "code", "state"):
            checked_digest(getattr(self, part), f"{part} of the key of feature {self.feature!r}")

    def digest(self) -> str:
        """SHA-256 of the whole key, hexadecimal: what packs list."""
        return digest(asdict(self))

    @property
    def short(self) -> tuple[str, ...]:
        """The first digits of rows, spec, code and state."""
        return tuple(part[:_SHORT] for part in astuple(self)[1:])

    @property
    def file_name(self) -> str:
        """Name of the entry within the feature's folder; two keys may share it, hardly ever."""
        return f"{'-'.join(self.short)}.parquet"


def checked_name(name: str) -> str:
    """A feature's name, if it can be that of a folder.

    Raises:
        FeatureError: it is empty or too long, or holds signs that lead to another place.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > _LONGEST:
        raise FeatureError(
            f"{name!r} cannot be the name of a feature's folder; use letters, digits and _ . + -, "
            f"not beginning with a sign, {_LONGEST} bytes at most"
        )
    return name


def checked_digest(text: str, what: str) -> str:
    """A digest, if it is one.

    Raises:
        FeatureError: it is not 64 hexadecimal digits; the message says what was to be one.
    """
    if not _DIGEST.fullmatch(text):
        raise FeatureError(
            f"{what} is {text!r}; it has to be a SHA-256 of 64 hexadecimal digits, in small letters"
        )
    return text


def short_parts(file_name: str) -> tuple[str, ...] | None:
    """First digits of rows, spec, code and state in a file's name; None if it is no entry's."""
    form = _FILE.fullmatch(file_name)
    parts = tuple(form[1].split("-")) if form else ()
    return parts if len(parts) == 4 else None


def nearest(key: CacheKey, file_names: Iterable[str]) -> tuple[tuple[bool, ...], list[str]]:
    """The entries that differ from a key in the fewest parts.

    Returns:
        Which of rows, spec, code and state differ, and all the files that differ in just
        these; without any entry, nothing differs and there are no files.
    """
    groups: dict[tuple[bool, ...], list[str]] = {}
    for name in file_names:
        parts = short_parts(name)
        if parts is not None and parts != key.short:
            differs = tuple(a != b for a, b in zip(parts, key.short, strict=True))
            groups.setdefault(differs, []).append(name)
    if not groups:
        return (False,) * 4, []
    # Of as many differences, changed code is what a reader can act on; then parameters, then data.
    best = min(groups, key=lambda differs: (sum(differs), not differs[2], not differs[1], differs))
    return best, groups[best]


def reason(differs: tuple[bool, ...], modules: str = "") -> str:
    """Why there is no entry, in words: `data and code changed: module; fitted on other rows`.

    Args:
        differs: which of rows, spec, code and state differ.
        modules: what of the code changed, if known.
    """
    rows, spec, code, state = differs
    named = [("data", rows), ("parameters", spec), ("code", code)]
    words = [word for word, changed in named if changed]
    text = f"{' and '.join([', '.join(words[:-1])] * (len(words) > 1) + words[-1:])} changed"
    if code and modules:
        text = f"{text}: {modules}"
    return "; ".join([text] * bool(words) + ["fitted on other rows"] * state)


def changed_code(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The modules and libraries whose digest or version is not what it was, as a list in words."""
    labels = [
        label
        for label in sorted({*before, *now})
        if before.get(label, "none") != now.get(label, "none")
    ]
    shown = [_one(label, before.get(label), now.get(label)) for label in labels[:_SHOWN]]
    rest = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _one(label: str, before: str | None, now: str | None) -> str:
    if before is None or now is None:
        return f"{label} ({'new' if before is None else 'no longer used'})"
    is_version = not _DIGEST.fullmatch(before) and not _DIGEST.fullmatch(now)
    return f"{label} ({before}, now {now})" if is_version else label
