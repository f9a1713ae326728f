"""Secrets never enter a pack: they are taken out of everything that is written into one."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.files import files_below
from peaklib.evidence.redaction.forms import SHAPES, replacement, spellings, url_password
from peaklib.evidence.redaction.names import SHORTEST, is_secret, says_secret, sounds_harmless
from peaklib.evidence.redaction.tables import redact_frame, secret_in_parquet

if TYPE_CHECKING:
    import pandas as pd

_JSON: Final = (".json", ".ipynb")
# Files of these kinds are rewritten; others too, unless they hold a zero byte, as pictures do.
_TEXTS: Final = (*_JSON, ".csv", ".html", ".log", ".md", ".svg", ".txt")
_BLOCK: Final = 1 << 22
_OVERLAP: Final = 1 << 16


@dataclass(frozen=True)
class Secrets:
    """Values that must not be written down, and what to write instead.

    Besides the values it knows, it finds keys by their shape: private key blocks,
    passwords in addresses, and tokens that begin as those of well-known services do.

    Args:
        values: name of a variable or parameter by the value that it holds.
    """

    values: Mapping[str, str] = field(repr=False)
    _forms: Mapping[bytes, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = {f: name for value, name in self.values.items() for f in spellings(value)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        object.__setattr__(self, "_forms", {form: forms[form] for form in longest_first})

    @classmethod
    def known(cls, environ: Mapping[str, str], *plain: Mapping[str, Any]) -> "Secrets":
        """The secrets of an environment and of parameters.

        A value is a secret if the name of its variable, or a key above it, has a word such
        as KEY, TOKEN, SECRET, PASSWORD, CREDENTIALS, PASSPHRASE or PRIVATE, and it has 8
        characters or more; paths of files that exist, and switches, are not. Passwords in
        addresses count under any name.

        Args:
            environ: variables of the environment.
            plain: nested plain values, such as the parameters of a run.
        """
        found: dict[str, str] = {}
        named = [(name, value, says_secret(name)) for name, value in environ.items()]
        for values in plain:
            named += [(n, v, told and not sounds_harmless(n, v)) for n, v, told in _leaves(values)]
        for name, value, told in named:
            if told and is_secret(value):
                found.setdefault(value, name)
                found |= {v: n for n, v in _within(name, value) if v not in found}
            password = url_password(value)
            if len(password) >= SHORTEST:
                found.setdefault(password, name)
        return cls(found)

    def text(self, text: str) -> str:
        """A text with `[redacted: NAME]` in the place of each secret."""
        clean = self._clean(text.encode("utf-8", "surrogatepass"))
        return clean.decode("utf-8", "surrogatepass")

    def value(self, value: Any) -> Any:
        """Nested plain values with all their texts redacted, keys included."""
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self._clean(value)
            case Mapping():
                return {self.value(key): self.value(item) for key, item in value.items()}
            case list():
                return self._items(value)
            case tuple():
                return tuple(self._items(value))
            case int() | float() if str(value) in self.values:
                return self.text(str(value))
        return value

    def frame(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """A frame with the texts of its columns, index, names and attributes redacted.

        Returns:
            The same frame if there is nothing to redact, a copy otherwise.
        """
        return redact_frame(frame, self)

    def files(self, folder: Path) -> tuple[str, ...]:
        """Redact the text files below a folder, in place.

        Returns:
            Names of the files that were changed, sorted.

        Raises:
            EvidenceError: a file that is no text, such as an image or a table, holds a secret,
                or its name does; the message has the name of the variable, never the value.
        """
        return tuple(name for name, path in files_below(folder) if self._file(name, path))

    def first(self, content: bytes) -> str | None:
        """Name of a secret that some bytes hold, if they hold any."""
        for form, name in self._forms.items():
            if form in content and self._pattern([form]).search(content):
                return name
        return next((shape.name for shape in SHAPES if shape.occurs(content)), None)

    def _clean(self, content: bytes) -> bytes:
        present = [form for form in self._forms if form in content]
        if present:
            # One pass over all of them: what was put in is never looked at again.
            names = self._forms
            content = self._pattern(present).sub(lambda m: replacement(names[m[0]]), content)
        for shape in SHAPES:
            content = shape.replace(content)
        return content

    @staticmethod
    def _pattern(forms: list[bytes]) -> re.Pattern[bytes]:
        """The forms, longest first; a number only as a whole, not within a longer one."""
        parts = [
            rb"(?<![\d.])" + form + rb"(?![\d])" if form.isdigit() else re.escape(form)
            for form in forms
        ]
        return re.compile(b"|".join(parts))

    def _items(self, items: list[Any] | tuple[Any, ...]) -> list[Any]:
        """Redacted elements; lines of one text, as notebooks keep them, are read as one."""
        if items and all(isinstance(item, str) for item in items):
            joined = "".join(items)
            clean = self.text(joined)
            if clean != joined and all(item.endswith("\n") for item in items[:-1]):
                return clean.splitlines(keepends=True)
        return [self.value(item) for item in items]

    def _file(self, name: str, path: Path) -> bool:
        """Redact one file; whether it was changed."""
        if secret := self.first(name.encode()):
            raise EvidenceError(
                f"the name of a file in {path.parent.name!r} holds the secret {secret}; save it "
                "under another name"
            )
        is_text, secret = self._search(path)
        if secret is None:
            return False
        if not is_text:
            raise EvidenceError(
                f"{name} holds the secret {secret} and is no text that could be redacted; save it "
                "again without the secret"
            )
        path.write_bytes(self._clean_file(path.suffix, path.read_bytes()))
        return True

    def _search(self, path: Path) -> tuple[bool, str | None]:
        """Whether a file is text, and the name of a secret in it."""
        zero, secret, escapes = False, None, False
        for block in _blocks(path):
            zero = zero or b"\0" in block
            escapes = escapes or b"\\u" in block or b"\\/" in block
            secret = secret or self.first(block)
        if secret is None and path.suffix == ".parquet":
            return False, secret_in_parquet(path, self)
        if secret is None and escapes and path.suffix in _JSON:
            # JSON may spell any letter as an escape: search what it means.
            plain = json.dumps(_loads(path.read_bytes()), ensure_ascii=False)
            secret = self.first(plain.encode("utf-8", "surrogatepass"))
        return path.suffix in _TEXTS or not zero, secret

    def _clean_file(self, suffix: str, content: bytes) -> bytes:
        clean = self._clean(content)
        parsed = _loads(content) if suffix in _JSON else None
        if parsed is None:
            return clean
        # Odd escapes, a number, or a key split into lines: only parsed values show those.
        redacted = self.value(parsed)
        if _loads(clean) == redacted:
            return clean
        layout: dict[str, Any] = {"indent": 1} if suffix == ".ipynb" else {"separators": (",", ":")}
        return json.dumps(redacted, ensure_ascii=False, **layout).encode("utf-8", "surrogatepass")


def _blocks(path: Path) -> Iterator[bytes]:
    """A file in pieces that overlap, so that nothing is cut in two."""
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield tail + block
            tail = block[-_OVERLAP:]


def _loads(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _within(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Secrets inside of a secret that is JSON, as service accounts are."""
    inner = _loads(value.encode("utf-8", "surrogatepass")) if value.startswith("{") else None
    if isinstance(inner, dict):
        yield from ((f"{name}.{n}", v) for n, v, told in _leaves(inner) if told and is_secret(v))


def _leaves(value: Any, name: str = "", told: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Texts and whole numbers of plain values: dotted name, text, does a key above say secret."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{name}.{key}" if name else str(key)
            yield from _leaves(item, below, told or says_secret(str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, name, told)
    elif isinstance(value, str):
        yield name, value, told
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name, str(value), told
