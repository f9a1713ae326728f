"""How the commands about model calls write sentences, numbers and times."""

from textwrap import wrap
from typing import Final

from peaklib.cli.show import console

_NARROWEST: Final = 30


def write(text: str, indent: int = 0, further: int | None = None) -> None:
    """Print a text that goes on below itself, where the screen is too narrow for it.

    Args:
        text: one paragraph.
        indent: blanks before its first line.
        further: blanks before its other lines; two more by default.
    """
    # What came over the wire must not steer the terminal.
    text = "".join(sign if sign.isprintable() or sign.isspace() else "�" for sign in text)
    start, on = " " * indent, " " * (indent + 2 if further is None else further)
    width = max(console.width, _NARROWEST)
    for line in wrap(text, width, initial_indent=start, subsequent_indent=on):
        console.print(line, soft_wrap=True)


def count(number: int, thing: str) -> str:
    """A number of things."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def moment(time: str) -> str:
    """A time of the ledger, to the second."""
    return f"{time[:19].replace('T', ' ')} UTC"
