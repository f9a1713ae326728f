"""Secrets in tables: the texts of a frame, and of a Parquet file that somebody wrote by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Redactor(Protocol):
    """What knows the secrets."""

    def value(self, value: Any) -> Any:
        """Nested plain values with all their texts redacted."""

    def first(self, content: bytes) -> str | None:
        """Name of a secret that some bytes hold, if they hold any."""


def redact_frame(frame: "pd.DataFrame", hidden: Redactor) -> "pd.DataFrame":
    """What `Secrets.frame` does."""
    seen = "\n".join(text for column in _columns(frame) for text in _texts(column))
    labels = [*frame.columns, *frame.columns.names, *frame.index.names, frame.attrs]
    if hidden.first(_bytes(f"{seen}\n{labels}")) is None:
        return frame
    clean = frame.copy()
    for place, (_, column) in enumerate(frame.items()):
        if _is_textual(column):
            redacted: Any = _redacted(column, hidden)
            clean.isetitem(place, redacted)
    clean.index = _redacted_index(frame.index, hidden)
    clean.columns = _redacted_index(frame.columns, hidden)
    clean.attrs = hidden.value(frame.attrs)
    return clean


def secret_in_parquet(path: Path, hidden: Redactor) -> str | None:
    """Name of a secret in the texts of a Parquet file, whose bytes are compressed.

    A file that is no Parquet, such as the half of one that a crash left, holds no texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        fixed = (pa.types.is_primitive, pa.types.is_decimal, pa.types.is_null)
        names = [f.name for f in schema if not any(test(f.type) for test in fixed)]
        for batch in file.iter_batches(columns=names):
            for column in batch.columns:
                flat = column.dictionary if pa.types.is_dictionary(column.type) else column
                texts = "\n".join(str(item) for item in flat.to_pylist())
                if secret := hidden.first(_bytes(texts)):
                    return secret
    except pa.ArrowException:
        return None
    return hidden.first(_bytes("\n".join(schema.names)))


def _columns(frame: "pd.DataFrame") -> Iterator["pd.Series[Any]"]:
    levels = range(frame.index.nlevels)
    yield from (column for _, column in frame.items())
    yield from (frame.index.get_level_values(level).to_series() for level in levels)


def _is_textual(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return _is_textual(column.cat.categories.to_series())
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Every distinct text of a column; of other objects, how they print."""
    if not _is_textual(column):
        return []
    return list(dict.fromkeys(map(str, column)))


def _redacted(column: "pd.Series[Any]", hidden: Redactor) -> "pd.Series[Any]":
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # Two categories may become one: a mapping of categories would refuse that.
        return _redacted(column.astype(object), hidden).astype("category")
    clean = [hidden.value(item) for item in column]
    return pd.Series(clean, index=column.index, dtype=column.dtype, name=column.name)


def _redacted_index(index: "pd.Index[Any]", hidden: Redactor) -> "pd.Index[Any]":
    import pandas as pd

    names = hidden.value(list(index.names))
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(level).to_series() for level in range(index.nlevels)]
        clean = [_redacted(level, hidden) if _is_textual(level) else level for level in levels]
        return pd.MultiIndex.from_arrays(clean, names=names)
    if _is_textual(index.to_series()):
        index = pd.Index(_redacted(index.to_series(), hidden))
    return index.rename(names[0])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
