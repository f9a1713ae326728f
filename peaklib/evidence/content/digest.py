"""The content digest of a pack: what its metrics, tables and figures say.

It is a function of files alone, so that anybody can compute it again. The digest of the whole
is that of the canonical JSON {format, metrics, tables: {name: digest}, figures: {name: digest}}.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import digest, from_json, to_json
from peaklib.evidence.content.figures import plain_figure
from peaklib.evidence.content.frames import arrow_of
from peaklib.evidence.content.tables import Table, table_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT: Final = "peak-content/1"
# Where pandas keeps the attributes of a frame inside a Parquet file.
_ATTRIBUTES: Final = b"PANDAS_ATTRS"


def content_of(folder: Path) -> dict[str, Any]:
    """Content of a pack, from its files.

    Args:
        folder: of the pack, sealed or still open.

    Returns:
        `{digest, tables: {name: {digest, incidental}}, figures: {name: digest}}`; the metrics,
        which `metrics_of` reads, are in the digest by value.

    Raises:
        EvidenceError: a file cannot be read or has no canonical form; the message names it.
    """
    if not folder.is_dir():
        raise EvidenceError(f"{folder} is no folder of a run; check the path")
    tables = {}
    for name, path in table_files(folder):
        table, incidental = open_table(path)
        tables[name] = {"digest": table.digest, "incidental": list(incidental)}
    figures = {name: digest(open_figure(path)) for name, path in figure_files(folder)}
    whole = {
        "format": FORMAT,
        "metrics": metrics_of(folder),
        "tables": {name: entry["digest"] for name, entry in tables.items()},
        "figures": figures,
    }
    return {"digest": digest(whole), "tables": tables, "figures": figures}


def table_digest(frame: "pd.DataFrame", incidental: Sequence[str] = ()) -> str:
    """SHA-256 of what a frame says, whatever its storage.

    Args:
        frame: columns of integers, numbers, text, bytes, true/false, dates, times and
            durations, missing values among them, also as categories. Names are text.
        incidental: columns that differ from run to run by their nature; left out.

    Raises:
        EvidenceError: a column has no canonical form, or `incidental` names none of the frame's.
    """
    return table_of(arrow_of(frame), incidental).digest


def figure_digest(figure: Any) -> str:
    """SHA-256 of a figure's canonical JSON, its typed arrays written out as lists.

    Args:
        figure: plotly's JSON, parsed.

    Raises:
        EvidenceError: a typed array cannot be decoded, or a value has no canonical form.
    """
    return digest(plain_figure(figure))


def write_table(path: Path, frame: "pd.DataFrame", incidental: Sequence[str] = ()) -> None:
    """Write a frame as Parquet, with the names of its incidental columns inside.

    Other attributes of the frame are not kept.

    Args:
        path: file to write.
        frame: see `table_digest`.
        incidental: columns that are kept but are no content.

    Raises:
        EvidenceError: see `table_digest`.
    """
    import pyarrow.parquet as pq

    stored = arrow_of(frame)
    table_of(stored.slice(0, 0), incidental)  # names and types, before a bad file is written
    metadata = dict(stored.schema.metadata)
    if incidental:
        metadata[_ATTRIBUTES] = to_json({"incidental": list(incidental)})
    pq.write_table(stored.replace_schema_metadata(metadata), path)


def read_table(path: Path) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """A frame from Parquet, and the names of its incidental columns.

    Integers and true/false with gaps stay what they are, as objects.

    Raises:
        EvidenceError: the file cannot be read as Parquet.
    """
    stored = _load(path)
    return stored.to_pandas(integer_object_nulls=True), _incidental(stored, path)


def open_table(path: Path) -> tuple[Table, tuple[str, ...]]:
    """Canonical form of a Parquet file, whoever wrote it, and its incidental columns.

    Raises:
        EvidenceError: the file cannot be read as Parquet, or a column has no canonical form.
    """
    stored = _load(path)
    incidental = _incidental(stored, path)
    try:
        return table_of(stored, incidental), incidental
    except EvidenceError as error:
        raise EvidenceError(f"{path}: {error}") from None


def open_figure(path: Path) -> Any:
    """A figure's JSON with its typed arrays written out.

    Raises:
        EvidenceError: the file is no JSON, or a typed array cannot be decoded.
    """
    try:
        return plain_figure(_json(path))
    except EvidenceError as error:
        raise EvidenceError(f"{path}: {error}") from None


def metrics_of(folder: Path) -> dict[str, Any]:
    """The metrics of a pack; none if it has no file of them.

    Raises:
        EvidenceError: the file is no JSON object.
    """
    path = folder / "outputs" / "metrics.json"
    metrics = _json(path) if path.is_file() else {}
    if not isinstance(metrics, dict):
        raise EvidenceError(f"{path} holds {type(metrics).__name__} instead of metrics by name")
    return metrics


def table_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each table of a pack, sorted by name."""
    return _named(folder / "outputs" / "tables", ".parquet")


def figure_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each figure of a pack, sorted by name; pictures are no content."""
    return _named(folder / "outputs" / "figures", ".json")


def _named(root: Path, suffix: str) -> Iterator[tuple[str, Path]]:
    found = (path for path in root.rglob(f"*{suffix}") if path.is_file())
    names = ((path.relative_to(root).as_posix().removesuffix(suffix), path) for path in found)
    return iter(sorted(names))


def _json(path: Path) -> Any:
    try:
        return from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path} cannot be read as JSON: {error}") from None


def _load(path: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (OSError, pa.ArrowException) as error:
        raise EvidenceError(f"{path} cannot be read as Parquet: {error}") from None


def _incidental(stored: "pa.Table", path: Path) -> tuple[str, ...]:
    text = (stored.schema.metadata or {}).get(_ATTRIBUTES, b"{}")
    try:
        names = json.loads(text).get("incidental", [])
    except (ValueError, AttributeError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise EvidenceError(
            f"{path}: the attributes in the file name no incidental columns that can be read: "
            f"{text[:80]!r}; the file is damaged, or was not written by a run"
        )
    return tuple(names)
