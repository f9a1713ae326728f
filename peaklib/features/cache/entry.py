"""One entry of the features' cache: a Parquet file that says what it is and notices damage.

A record in the footer, with a digest of its own, has the number of rows and a checksum of each
column's values, which is taken again of what was read. Parquet's own page checksums are not
asked for: they cost three times as much, and see no byte of the headers and the footer, which
tell how pages are to be read.
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
from peaklib.evidence.compiled import compiled
from peaklib.features.cache.keys import CacheKey

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_RECORD: Final = b"peaklib.feature"
_DIGEST: Final = b"peaklib.feature.sha256"
# Of a block of values; odd. Entries hold sums made with them, and their code names numpy's version.
_WEIGHTS: Final[Words] = np.random.default_rng(7919).integers(
    2**64, size=512, dtype=np.uint64
) | np.uint64(1)
# Splitting the bytes of a float by their place lets LZ4 find something to shorten: 40 % fewer
# bytes than plain pages at best, and read as fast.
_FORM: Final[dict[str, Any]] = {
    "compression": "lz4",
    "use_dictionary": False,
    "use_byte_stream_split": True,
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
            yield parquet.ParquetFile(source)
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
    """SHA-256 over the weighted sums of blocks of values, taken as 64-bit integers that wrap.

    Weights are odd, so every change of one value of a block is seen, and drawn at random, so
    that several changes cancel in one of some 2^32 cases: a wrong bit in compressed data can
    exchange bytes of values, which plain sums would not see.
    """
    bits = values.view(np.uint64)
    return sha256(_block_sums(bits, _WEIGHTS).astype("<u8").tobytes()).hexdigest()


@compiled
def _block_sums(bits: Words, weights: Words) -> Words:
    """Weighted sum of each block, the last of which may be shorter."""
    out = np.zeros(-(-bits.size // weights.size), np.uint64)
    for block in range(out.size):
        part = bits[block * weights.size : (block + 1) * weights.size]
        total = np.uint64(0)
        for k in range(part.size):
            # Modulo 2^64 a changed sign is the same with any odd weight: two of them would cancel.
            total += (part[k] ^ (part[k] >> np.uint64(32))) * weights[k]
        out[block] = total
    return out


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].strip().rstrip(".")
