"""From the bytes of a file to the text that quotes are taken from."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from peaklib.errors import DataError
from peaklib.llm.sources.markup import text_of_html

_CONTROLS: Final = frozenset(map(chr, range(32))) - set("\t\n\r\f")


def extract(name: str, content: bytes) -> tuple[str, str]:
    """Kind and text of a file.

    Args:
        name: of the file; its suffix decides the kind, one that is not known is plain text.
        content: its bytes: UTF-8, with or without a byte order mark.

    Returns:
        Kind and text. Of Markdown and plain text it is the file itself; of a table one line a
        row with the name of each column; of JSON one line a value with its path; of a notebook
        its prose and the text of its outputs, without code; of a page what a reader sees.

    Raises:
        DataError: the file is a PDF, is no text, or is not what its suffix says.
    """
    suffix = PurePosixPath(name).suffix.casefold()
    if suffix == ".pdf" or content.startswith(b"%PDF-"):
        raise DataError(
            f"source {name} is a PDF, which is not supported; convert it to text first (as "
            "`pdftotext -layout` does), look at what came out, and name the text file"
        )
    text = _decoded(name, content)
    kind, read = _READERS.get(suffix, ("text", _as_it_is))
    try:
        found = read(text)
    except (ValueError, TypeError, KeyError, AttributeError, csv.Error, RecursionError) as error:
        raise DataError(
            f"source {name} cannot be read as {kind}: {error}; mend the file, or rename it to "
            ".txt to have it read as plain text"
        ) from None
    return kind, found


def _decoded(name: str, content: bytes) -> str:
    remedy = "save it as UTF-8 text, or leave it out"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"source {name} is no text: byte {error.start} is not valid UTF-8; {remedy}"
        ) from None
    if found := _CONTROLS.intersection(text):
        raise DataError(f"source {name} is no text: it holds {min(found)!r}; {remedy}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")


def _as_it_is(text: str) -> str:
    return text


def _commas(text: str) -> str:
    return _table(text, ",")


def _tabs(text: str) -> str:
    return _table(text, "\t")


def _table(text: str, delimiter: str) -> str:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if row]
    if not rows:
        raise ValueError("it has no rows")
    header = [cell.strip() for cell in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells, the header {len(header)}")
    # The first line is that of the header, so that a row has the number it has in the file.
    columns = "columns: " + ", ".join(header)
    return "\n".join([columns, *(_row(zip(header, row, strict=True)) for row in rows[1:])])


def _row(cells: Iterable[tuple[str, object]]) -> str:
    return "; ".join(f"{name}: {_flat(value)}" for name, value in cells)


def _flat(value: object) -> str:
    """A value on one line; null and true as JSON writes them."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _json(text: str) -> str:
    value = json.loads(text, parse_float=str)
    if isinstance(value, list) and value and all(_is_record(item) for item in value):
        return "\n".join(_row(item.items()) for item in value)
    return "\n".join(f"{path}: {_flat(leaf)}" for path, leaf in _leaves(value, ""))


def _is_record(item: object) -> bool:
    return isinstance(item, dict) and not any(isinstance(v, dict | list) for v in item.values())


def _leaves(value: Any, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    elif isinstance(value, list):
        yield path or "value", ", ".join(map(_flat, value))
    else:
        yield path or "value", value


def _notebook(text: str) -> str:
    cells = json.loads(text)["cells"]
    return "\n\n".join(filter(None, (part.strip("\n") for c in cells for part in _shown(c))))


def _shown(cell: Mapping[str, Any]) -> Iterator[str]:
    """Prose of a cell, or the text of its outputs; code says what was done, not what was found."""
    if cell["cell_type"] == "markdown":
        yield _joined(cell["source"])
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream" and output.get("name") == "stdout":
            yield _joined(output["text"])
        elif plain := output.get("data", {}).get("text/plain"):
            yield _joined(plain)


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


_READERS: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    ".md": ("markdown", _as_it_is),
    ".markdown": ("markdown", _as_it_is),
    ".html": ("html", text_of_html),
    ".htm": ("html", text_of_html),
    ".csv": ("table", _commas),
    ".tsv": ("table", _tabs),
    ".json": ("json", _json),
    ".ipynb": ("notebook", _notebook),
}
