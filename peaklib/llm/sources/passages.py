"""A source in passages: paragraphs, items of lists and rows of tables, each with its lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from peaklib.llm.sources.markup import without_comments
from peaklib.llm.sources.source import LINES, TABLE, Source

_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")
_FENCE: Final = re.compile(r"[ \t]*(```|~~~)")
_RULE: Final = re.compile(r"[-=*_|: \t]+")


@dataclass(frozen=True)
class Passage:
    """A piece of a source that says one thing.

    Args:
        source: name of the source.
        first, last: its lines in the source's text, from 1.
        text: those lines, unchanged.
        section: headings above it, and the header of its table.
        reading: of a row of a table, each cell with the name of its column; else empty.
    """

    source: str
    first: int
    last: int
    text: str
    section: str = ""
    reading: str = ""


def passages_of(sources: Iterable[Source]) -> tuple[Passage, ...]:
    """All passages, by source and line."""
    return tuple(passage for source in sources for passage in _split(source))


def _split(source: Source) -> Iterator[Passage]:
    """Lines, or blocks between blank lines; comments, which no reader sees, are no passages."""
    if source.kind in LINES:
        yield from _each_line(source)
        return
    headings: dict[int, str] = {}
    for first, lines in _blocks(without_comments(source.text).split("\n")):
        heading = _HEADING.fullmatch(lines[0])
        if heading and source.kind != "text":
            level = len(heading[1])
            headings = {k: v for k, v in headings.items() if k < level} | {level: heading[2]}
            first, lines = first + 1, lines[1:]
        if lines:
            yield from _passages(source.name, first, lines, " / ".join(headings.values()))


def _each_line(source: Source) -> Iterator[Passage]:
    """Of a table all but the names of its columns, which each row repeats."""
    for number, line in enumerate(source.text.split("\n"), 1):
        if line.strip() and not (number == 1 and source.kind == TABLE):
            yield Passage(source.name, number, number, line)


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """First line and lines of each block; a fence is one block, a heading begins one."""
    block: list[str] = []
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        ends = not fence and (not line.strip() or mark or _HEADING.fullmatch(line))
        if ends and block:
            yield number - len(block), block
            block = []
        if fence or line.strip():
            block.append(line)
        if mark and (not fence or mark[1] == fence):
            if fence:
                yield number + 1 - len(block), block
                block = []
            fence = "" if fence else mark[1]
    if block:
        yield len(lines) + 1 - len(block), block


def _passages(name: str, first: int, lines: list[str], section: str) -> Iterator[Passage]:
    if _FENCE.match(lines[0]):
        yield Passage(name, first, first + len(lines) - 1, "\n".join(lines), section)
    elif lines[0].lstrip().startswith("|"):
        yield from _rows(name, first, lines, section)
    else:
        starts = [at for at, line in enumerate(lines) if not at or _ITEM.match(line)]
        for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
            if not _RULE.fullmatch(text := "\n".join(lines[start:stop])):
                yield Passage(name, first + start, first + stop - 1, text, section)


def _rows(name: str, first: int, lines: list[str], section: str) -> Iterator[Passage]:
    """Rows of a Markdown table: what a cell means stands in the header."""
    has_header = len(lines) > 1 and _RULE.fullmatch(lines[1])
    header = _cells(lines[0]) if has_header else []
    context = " / ".join(filter(None, (section, ", ".join(filter(None, header)))))
    for at, line in enumerate(lines):
        if not (has_header and at == 0) and not _RULE.fullmatch(line):
            cells = _cells(line)
            same = len(cells) == len(header)
            pairs = zip(header, cells, strict=True) if same else []
            reading = "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs)
            yield Passage(name, first + at, first + at, line, context, reading)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
