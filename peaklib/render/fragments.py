"""Small fragments of a report: definitions, commands to copy, notes, and a place-holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.render.html import Fragment, escape, rich

PARAMETERS_MARKER: Final = '<div class="peak-parameters-here"></div>'


@dataclass(frozen=True, repr=False)
class KeyValues(Fragment):
    """See `key_values`."""

    rows: tuple[tuple[str, str], ...]

    def html(self) -> str:
        """A definition list in two columns."""
        rows = "".join(f"<dt>{escape(key)}</dt><dd>{rich(value)}</dd>" for key, value in self.rows)
        return f'<dl class="peak-keys">{rows}</dl>'

    def __repr__(self) -> str:
        width = max((len(key) for key, _ in self.rows), default=0)
        return "\n".join(f"{key.ljust(width)}  {value}" for key, value in self.rows)


@dataclass(frozen=True, repr=False)
class Commands(Fragment):
    """See `commands`."""

    rows: tuple[tuple[str, str], ...]

    def html(self) -> str:
        """What each command does, above the command in one block that is easy to select."""
        rows = "".join(
            f"<p>{escape(purpose)}</p><pre><code>{escape(command)}</code></pre>"
            for purpose, command in self.rows
        )
        return f'<div class="peak-commands">{rows}</div>'

    def __repr__(self) -> str:
        return "\n".join(f"# {purpose}\n{command}" for purpose, command in self.rows)


@dataclass(frozen=True, repr=False)
class Note(Fragment):
    """See `note`."""

    text: str

    def html(self) -> str:
        """One paragraph, set apart."""
        return f'<p class="peak-note">{rich(self.text)}</p>'

    def __repr__(self) -> str:
        return self.text.replace("**", "")


class ParametersHere(Fragment):
    """See `parameters_here`."""

    def html(self) -> str:
        """An empty element that a page replaces."""
        return PARAMETERS_MARKER

    def __repr__(self) -> str:
        return "(on a page, the parameters actually used stand here)"


def key_values(rows: Sequence[tuple[str, object]]) -> KeyValues:
    """A definition table: what it is called, what it is; ``**words**`` in values are bold."""
    return KeyValues(tuple((key, str(value)) for key, value in rows))


def commands(rows: Sequence[tuple[str, str]]) -> Commands:
    """Commands to copy, each with one line that says what it does."""
    return Commands(tuple(rows))


def note(text: str) -> Note:
    """A remark the reader must not miss; ``**words**`` are bold."""
    return Note(text)


def parameters_here() -> ParametersHere:
    """Mark where a page with a first screen shows the parameters that were actually used."""
    return ParametersHere()
