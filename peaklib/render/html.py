"""Small pieces of HTML: escaping, and the style that fragments carry into a notebook."""

import re
from functools import cache
from html import escape as _escape
from pathlib import Path
from typing import Final

from peaklib.errors import DataError

TEMPLATES: Final = Path(__file__).parent / "templates"
_STRONG: Final = re.compile(r"\*\*(.+?)\*\*")
# A fragment of the page, a web address, or a file beside the page; never a script.
_ADDRESS: Final = re.compile(r"#[\w.-]+|https?://[^\s]+|[\w.-][\w./-]*(#[\w.-]+)?")


def escape(text: object) -> str:
    """Text safe between tags and inside quoted attributes."""
    return _escape(str(text), quote=True)


def rich(text: str) -> str:
    """Escaped text in which ``**words**`` are strong; no other markup is understood."""
    return _STRONG.sub(r"<strong>\1</strong>", escape(text))


def linked(text: object, address: str) -> str:
    """Escaped text, as a link where `address` is not empty.

    Args:
        text: what is shown.
        address: `#fragment`, `https://...`, or a file beside the page.

    Raises:
        DataError: the address is none of these.
    """
    if not address:
        return escape(text)
    if not _ADDRESS.fullmatch(address):
        raise DataError(
            f"link of {str(text)!r} is {address!r}; give '#fragment', an http(s) address, or the "
            "relative path of a file"
        )
    return f'<a class="peak-link" href="{escape(address)}">{escape(text)}</a>'


@cache
def style_block() -> str:
    """The `<style>` element that makes a fragment look right inside a notebook.

    A page removes it again, because the page itself brings the same rules once.
    """
    css = (TEMPLATES / "notebook.css").read_text("utf-8") + fragments_css()
    return f"<style>{css}</style>"


@cache
def fragments_css() -> str:
    """The rules for tables, verdicts and facts, shared by notebooks and pages."""
    return (TEMPLATES / "fragments.css").read_text("utf-8")


class Fragment:
    """Base of everything that shows itself as HTML in a notebook and as text elsewhere."""

    def html(self) -> str:
        """The fragment alone, without a style."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return f'{style_block()}<div class="peak">{self.html()}</div>'
