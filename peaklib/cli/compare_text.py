"""A comparison of runs in words: short names, short values, one row for each thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from peaklib.evidence.trials.compare import ABSENT, METRICS

if TYPE_CHECKING:
    from peaklib.evidence.trials.compare import Line, RunComparison, Section

# These often say one thing under several names (`parameters.dataset`, `label.dataset`).
_OVERLAPPING: Final = frozenset({"trial", "config", "inputs", "conventions"})
_SHORTENED: Final = _OVERLAPPING - {"inputs"}
_DIGEST_SHOWN: Final = 12
_DIGEST_LENGTHS: Final = frozenset({40, 64})
_LONGEST_LIST: Final = 4
_WORDS: Final = {"data": "data", "code": "code", "days": "days", "terms": "costs"}
_SIGNS: Final = {True: "✓", False: "✕", None: "?"}


@dataclass(frozen=True)
class TextRow:
    """One thing that runs say of themselves.

    Args:
        name: as short as it is clear.
        cells: one a run; empty where a run has no value.
        difference: first minus second, where both are numbers of a metric.
        is_metric: whether it is a result.
    """

    name: str
    cells: tuple[str, ...]
    difference: str = ""
    is_metric: bool = False


def short_labels(runs: Sequence[str]) -> tuple[str, ...]:
    """The last six digits of each id, with the number of a point, if that tells them apart."""
    ids = {run.partition(":")[0] for run in runs}
    ends = {run_id.rpartition("_")[2] for run_id in ids}
    return tuple(run.rpartition("_")[2] if len(ends) == len(ids) else run for run in runs)


def text_rows(comparison: "RunComparison", *, equal: bool = False) -> list[TextRow]:
    """Rows in the order of the comparison.

    Args:
        comparison: of runs.
        equal: the lines that are equal instead of those that differ.
    """
    lines = list(_lines(comparison.sections, equal))
    rows = []
    for section, line in lines:
        if section == METRICS:
            rows.append(_metric_row(line, differences=not comparison.refusals))
            continue
        others = [(s, other.name) for s, other in lines if s != METRICS and other is not line]
        cells = tuple(map(value_text, line.values))
        rows.append(TextRow(_short_name(section, line.name, others), cells))
    return rows


def same_text(comparison: "RunComparison") -> str:
    """`same data ✓  same code ✓ …`; a question mark where a run does not say."""
    known = comparison.same
    return "  ".join(f"same {word} {_SIGNS[known[name]]}" for name, word in _WORDS.items())


def value_text(value: Any) -> str:
    """One value as it fits into a column."""
    if value is ABSENT:
        return ""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return _list_text(value)
    text = str(value)
    is_digest = len(text) in _DIGEST_LENGTHS and set(text) <= set("0123456789abcdef")
    return text[:_DIGEST_SHOWN] if is_digest else text


def _list_text(values: list[Any]) -> str:
    if len(values) <= _LONGEST_LIST:
        return ", ".join(map(value_text, values))
    return f"{value_text(values[0])} … {value_text(values[-1])} ({len(values)} values)"


def _lines(sections: Sequence["Section"], equal: bool) -> Iterator[tuple[str, "Line"]]:
    """Lines with the names of their sections, without those that say a thing once more."""
    said = set()
    for section in sections:
        for line in section.equal if equal else section.differing:
            key = (_last(line.name), repr(line.values))
            if section.name in _OVERLAPPING:
                if key in said:
                    continue
                said.add(key)
            yield section.name, line


def _short_name(section: str, name: str, others: Sequence[tuple[str, str]]) -> str:
    """The shortest end of a dotted name that no other row shares."""
    if section not in _SHORTENED:
        return name
    parts = [section, *name.split(".")]
    taken = [".".join((other, name)).split(".") for other, name in others]
    for size in range(1, len(parts)):
        if not any(parts[-size:] == other[-size:] for other in taken):
            return ".".join(parts[-size:])
    return ".".join(parts)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _metric_row(line: "Line", *, differences: bool) -> TextRow:
    from peaklib.render import format_metric

    cells = ("" if v is ABSENT else format_metric(line.name, _number(v)) for v in line.values)
    difference = _difference(line) if differences and len(line.values) == 2 else ""
    return TextRow(line.name, tuple(cells), difference, is_metric=True)


def _difference(line: "Line") -> str:
    from peaklib.render import format_metric
    from peaklib.render.formats import style_of

    first, second = map(_number, line.values)
    numbers = isinstance(first, int | float) and isinstance(second, int | float)
    if not numbers or style_of(line.name).flag:
        return ""
    return format_metric(f"{line.name}_diff", first - second)


def _number(value: Any) -> Any:
    """Infinities are words in JSON."""
    return float(value) if value in ("Infinity", "-Infinity") else value
