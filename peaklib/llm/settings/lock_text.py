"""The text of a lock: written by one rule, so that equal entries are equal bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

from peaklib.llm.settings.values import LockEntry

SCHEMA: Final = "peak-verified-models/1"
_HEAD: Final = """\
# Models that passed the cases of their layer; `peak llm verify` writes this file, and `peak llm
# rollback` puts the one before back. In prod the matrix may only name models that stand here.
"""


def lock_text(entries: Iterable[LockEntry], previous: str) -> str:
    """A lock as TOML.

    Args:
        entries: in the order in which they are written.
        previous: digest of the lock before; empty if there is none.
    """
    lines = [_HEAD, f'schema = "{SCHEMA}"', f'previous = "{previous}"']
    for entry in entries:
        lines += ["", "[[model]]", *_lines(entry)]
    return "\n".join(lines) + "\n"


def _lines(entry: LockEntry) -> Iterator[str]:
    for field in fields(entry):
        value = getattr(entry, field.name)
        if value is not None and value != ():
            yield f"{field.name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(each) for each in value)}]"
    return repr(value)


def _text(text: str) -> str:
    plain = (sign.isprintable() and sign not in '"\\' for sign in text)
    signs = (sign if ok else f"\\U{ord(sign):08x}" for sign, ok in zip(text, plain, strict=True))
    return f'"{"".join(signs)}"'
