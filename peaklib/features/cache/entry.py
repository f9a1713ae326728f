"""One entry of the features' cache: a Parquet file that says what it is and notices damage.

The values are covered twice. Parquet's page checksums see a changed byte of a page, but not
one of the headers and the footer that tell how pages are to be read. So a record in the footer,
with a digest of its own, has the number of rows and a checksum of each column's values. That
one, of sums, costs next to nothing and would not do alone: a wrong bit in compressed data can
exchange bytes of several values and leave their sum as it was.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import FeatureError
from peaklib.evidence.canonical import from_json, to_json
from peaklib.features.cache.keys import CacheKey

Floats = NDArray[np.float64]

_RECORD: Final = b"peaklib.feature"
_DIGEST: Final = b"peaklib.feature.sha256"
_BLOCK: Final = 512
# Splitting the bytes of a float by their place lets LZ4 find something to shorten: 40 % fewer
# bytes than plain pages at best, and read as fast.
_FORM: Final[dict[str, Any]] = {
    "compression": "lz4",
    "use_dictionary": False,
    "use_byte_stream_split": True,
    "write_page_checksum": True,
    "write_statistics": False,
    "store_schema": False,
}


class DamagedEntryError(FeatureError):
    """A file of the cache is not what was written there."""


@dataclass(frozen=True)
class Record:
    """What an entry says of itself.

    Args:
        key: what it was computed from.
        names: its columns.
        n_rows: its length.
        sums: a checksum of each column's values.
        code: digests and versions behind the key's `code`, by label.
    """

    key: CacheKey
    names: tuple[str, ...]
    n_rows: int
    sums: tuple[str, ...]
    code: Mapping[str, str]


def write_entry(
    path: Path, key: CacheKey, columns: Mapping[str, Floats], code: Mapping[str, str]
) -> None:
    """Write an entry.

    Args:
        path: of the file.
        key: what the columns were computed from.
        columns: (n,) float64 each, by name; every value is kept bit for bit, NaN as well.
        code: digests and versions behind the key's `code`, by label.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    arrays = [np.ascontiguousarray(column) for column in columns.values()]
    sums = tuple(_sum(array) for array in arrays)
    record = to_json(asdict(Record(key, tuple(columns), arrays[0].size, sums, dict(code))))
    facts = {_RECORD: record, _DIGEST: sha256(record).hexdigest().encode()}
    fields = [pa.field(name, pa.float64(), nullable=False) for name in columns]
    table = pa.Table.from_arrays([pa.array(array) for array in arrays], schema=pa.schema(fields))
    with parquet.ParquetWriter(str(path), table.schema, **_FORM) as file:
        file.write_table(table, row_group_size=max(1, table.num_rows))
        file.add_key_value_metadata(facts)


def read_record(path: Path) -> Record:
    """What an entry says of itself; its values are not looked at.

    Raises:
        DamagedEntryError: the file is no entry.
        OSError: it cannot be read.
    """
    with _opened(path) as file:
        return _record(file)


def read_entry(
    path: Path, key: CacheKey, names: tuple[str, ...]
) -> tuple[Record, tuple[Floats, ...] | None]:
    """Read an entry's values if it is the one that is wanted.

    Returns:
        What the entry says of itself, and its columns: (n,), read-only, in the order of `names`;
        None if it has another key or other names.

    Raises:
        DamagedEntryError: the file is no entry, or not as it was written.
        OSError: it cannot be read.
    """
    with _opened(path) as file:
        record = _record(file)
        if record.key != key or record.names != names:
            return record, None
        _check_form(file, record)
        table = file.read(use_threads=len(names) > 1)
        columns = tuple(_column(chunks) for chunks in table.columns)
        sums = tuple(_sum(column) for column in columns)
    if table.num_rows != record.n_rows or sums != record.sums:
        raise DamagedEntryError("its values are not those that were written")
    return record, columns


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file as pyarrow reads it; whatever that stumbles over is damage."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    with pa.OSFile(str(path)) as source:
        try:
            yield parquet.ParquetFile(source, page_checksum_verification=True)
        except DamagedEntryError:
            raise
        except Exception as error:
            # An error of the system has a number, one of the format has none.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise DamagedEntryError(_first_line(error)) from None


def _record(file: Any) -> Record:
    facts = file.metadata.metadata or {}
    text = facts.get(_RECORD, b"")
    if sha256(text).hexdigest().encode() != facts.get(_DIGEST):
        raise DamagedEntryError("it has no record of what it holds, or a damaged one")
    told = from_json(text)
    return Record(
        CacheKey(**told["key"]),
        tuple(told["names"]),
        told["n_rows"],
        tuple(told["sums"]),
        told["code"],
    )


def _check_form(file: Any, record: Record) -> None:
    """Before memory is taken for what a damaged footer promises."""
    found = [(field.name, str(field.type), field.nullable) for field in file.schema_arrow]
    wanted = [(name, "double", False) for name in record.names]
    if found != wanted or file.metadata.num_rows != record.n_rows:
        raise DamagedEntryError("its table has not the columns and rows that its record tells")


def _column(chunks: Any) -> Floats:
    """A column without copying where it is in one piece, which it is below 2**26 rows."""
    if chunks.num_chunks == 1:
        values: Floats = chunks.chunk(0).to_numpy(zero_copy_only=True)
    else:
        values = np.asarray(chunks.to_numpy(), dtype=np.float64)
    values.flags.writeable = False
    return values


def _sum(values: Floats) -> str:
    """SHA-256 over the sums of blocks of values, taken as 64-bit integers that wrap around.

    It sees every change of one value, and blocks in another order, at the speed of memory.
    """
    bits = values.view(np.uint64)
    whole = bits.size - bits.size % _BLOCK
    blocks = np.add.reduce(bits[:whole].reshape(-1, _BLOCK), axis=1)
    last = np.add.reduce(bits[whole:], dtype=np.uint64)
    return sha256(blocks.astype("<u8").tobytes() + int(last).to_bytes(8, "little")).hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].strip().rstrip(".")
