"""A whole HTML document inside a page: one closed line, drawn in a sandbox when opened.

The notebook shows the line alone; the document travels beside it under a media type of its
own, and only a page knows how to open it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from peaklib.errors import DataError
from peaklib.render.figures import script_json
from peaklib.render.html import Fragment, escape

MIMETYPE: Final = "application/vnd.peaklib.attachment.v1+json"
CSS_CLASS: Final = "peak-attachment"

# The sandbox and the page's policy keep a document from running and from asking for anything.
# What they would refuse is taken out besides, so that the reader's console stays empty.
_REFUSED: Final = re.compile(
    r"<(?:link|base|iframe|embed|object)\b[^<>]*>"
    r"|<meta\b[^<>]*\bhttp-equiv\b[^<>]*>|@import\b[^;]*;?",
    re.IGNORECASE,
)
# As in a browser, a script that is never closed takes the rest of the document with it.
_SCRIPT: Final = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# No `<` inside: a tag that is never closed must not be searched to the end of the document.
_TAG: Final = re.compile(r"<[a-z](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>", re.IGNORECASE)
_HANDLER: Final = re.compile(r"""\s+on[a-z]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_REMOTE_SOURCE: Final = re.compile(
    r"""\s+(?:src|srcset|poster|background)\s*=\s*(?:"(?!data:)[^"]*"|'(?!data:)[^']*'"""
    r"""|(?!["']|data:)[^\s>]+)""",
    re.IGNORECASE,
)
_REMOTE_URL: Final = re.compile(r"url\(\s*[\"']?(?!data:|#)[^()<>]*\)", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Attachment(Fragment):
    """See `attachment`."""

    title: str
    document: str

    def html(self) -> str:
        """The line that a notebook shows."""
        return f'<p class="peak-note">{escape(self._line())}</p>'

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {
            MIMETYPE: {"title": self.title, "html": self.document},
            "text/html": self._repr_html_(),
            "text/plain": repr(self),
        }

    def _line(self) -> str:
        return f"Attached: {self.title} ({_size(self.document)}); the page of this run opens it"

    def __repr__(self) -> str:
        return self._line()


def attachment(title: str, html: str) -> Attachment:
    """Attach a whole HTML document, such as a tear sheet, to the page of a notebook.

    In the page it is one closed line. Opened, it is drawn in a frame without scripts and
    without access to the network: scripts, remote files and handlers are taken out of it.

    Args:
        title: what it is.
        html: the document; pictures must be inside it.

    Raises:
        DataError: title or document is empty.
    """
    if not title.strip() or not html.strip():
        raise DataError("attachment: title and html must not be empty")
    return Attachment(title.strip(), inert(html))


def inert(html: str) -> str:
    """The document without what a sandboxed frame would refuse to run or to fetch."""
    quiet = _REFUSED.sub("", _SCRIPT.sub("", html))
    quiet = _TAG.sub(lambda tag: _REMOTE_SOURCE.sub("", _HANDLER.sub("", tag[0])), quiet)
    return _REMOTE_URL.sub("none", quiet)


def attachment_html(output: Mapping[str, Any]) -> str:
    """The closed line of a page, and the document for the page's script to open.

    Args:
        output: content of an output of the type `MIMETYPE` (`title`, `html`).
    """
    title, document = str(output["title"]), str(output["html"])
    return (
        f'<details class="{CSS_CLASS}"><summary>{escape(title)} '
        f"<small>{_size(document)}, opens here</small></summary>"
        f'<script type="application/json">{script_json(document)}</script>'
        "<noscript><p class=peak-note>This document is opened by JavaScript, which is switched "
        "off.</p></noscript></details>"
    )


def _size(document: str) -> str:
    count = len(document.encode("utf-8"))
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{max(count / 1e3, 0.1):.1f} kB"
