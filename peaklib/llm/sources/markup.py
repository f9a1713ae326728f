"""The text that a reader of an HTML page sees."""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "head", "svg", "iframe"})
_WITHOUT_END: Final = "area base br col embed hr img input link meta param source track wbr"
_VOID: Final = frozenset(_WITHOUT_END.split())
_ON_LINES_OF_THEIR_OWN: Final = (
    "address article aside blockquote body caption dd details div dl dt figcaption figure footer "
    "form header html li main nav ol p pre section summary table tbody tfoot thead tr ul"
)
_BLOCKS: Final = frozenset(_ON_LINES_OF_THEIR_OWN.split())
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_CELLS: Final = frozenset({"td", "th"})
_SELF_ENDING: Final = frozenset({"li", "dt", "dd", "tr", "td", "th"})
# Text that a page holds and does not show is how instructions are smuggled into a prompt.
_HIDING: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0")


def text_of_html(page: str) -> str:
    """The visible text of a page, as Markdown would write it.

    Paragraphs are divided by blank lines, headings begin with `#`, items of lists with `-`, and
    the cells of a row of a table are divided by ` | `. Scripts, styles, comments and elements
    that are hidden are left out.

    Args:
        page: HTML, well formed or not.
    """
    reader = _Reader()
    # The parser looks for an end once more from everything that has none, and trips over oddities.
    plain = without_comments(page, {"<!": ">", "<?": ">"})
    whole, end, rest = plain.rpartition(">")
    reader.feed(f"{whole}{end}{rest.partition('<')[0]}")
    reader.close()
    return "\n\n".join(filter(None, (_tidy(part) for part in reader.parts())))


def without_comments(text: str, also: Mapping[str, str] | None = None) -> str:
    """The same lines with comments blanked, in one pass; one without an end goes on to the last.

    Args:
        text: HTML or Markdown.
        also: ends of what else is blanked, by its beginning.
    """
    ends = {"<!--": "-->", **(also or {})}
    # Longest first: a comment begins like a declaration.
    begins = re.compile("|".join(map(re.escape, sorted(ends, key=len, reverse=True))))
    kept: list[str] = []
    at = 0
    while found := begins.search(text, at):
        end = text.find(ends[found[0]], found.end())
        stop = len(text) if end < 0 else end + len(ends[found[0]])
        kept += [text[at : found.start()], "\n" * text.count("\n", found.start(), stop)]
        at = stop
    return "".join([*kept, text[at:]])


def _tidy(text: str) -> str:
    return " ".join(text.split()).removesuffix(" |")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []
        self._pieces: list[str] = []
        self._done: list[str] = []

    def parts(self) -> Sequence[str]:
        """Paragraphs, in order."""
        self._break()
        return self._done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element: a new paragraph for a block, nothing for what a page hides."""
        if tag == "br":
            self._pieces.append(" ")
        if tag in _VOID:
            return
        self._edge(tag)
        self._close_implied(tag)
        self._open.append((tag, self._is_hidden or tag in _UNSEEN or _hides(attrs)))
        if not self._is_hidden:
            self._pieces.append(f"{_HEADINGS[tag]} " if tag in _HEADINGS else "")
            self._pieces.append("- " if tag == "li" else "")

    def handle_endtag(self, tag: str) -> None:
        """End an element and all that stands open in it."""
        depth = next((at for at in range(len(self._open))[::-1] if self._open[at][0] == tag), None)
        if depth is not None:
            del self._open[depth:]
        self._edge(tag)
        if tag in _CELLS and not self._is_hidden:
            self._pieces.append(" | ")

    def handle_data(self, data: str) -> None:
        """Take text that the page shows."""
        if not self._is_hidden:
            self._pieces.append(data)

    def _close_implied(self, tag: str) -> None:
        """End what browsers end before this tag: an open hidden paragraph would hide the rest."""
        above = self._open[-1][0] if self._open else ""
        is_block = tag in _BLOCKS or tag in _HEADINGS
        if (above == "p" and is_block) or (above == tag and tag in _SELF_ENDING):
            self._open.pop()
            self._pieces.append(" | " if tag in _CELLS and not self._is_hidden else "")

    @property
    def _is_hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _edge(self, tag: str) -> None:
        if tag in _BLOCKS or tag in _HEADINGS:
            self._break()

    def _break(self) -> None:
        if text := "".join(self._pieces).strip():
            self._done.append(text)
        self._pieces.clear()


def _hides(attrs: list[tuple[str, str | None]]) -> bool:
    given = dict(attrs)
    style = (given.get("style") or "").casefold()
    return "hidden" in given or given.get("aria-hidden") == "true" or bool(_HIDING.search(style))
