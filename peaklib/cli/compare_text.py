"""A comparison in words: short names, short values, one row for each thing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from peaklib.cli.show import console
from peaklib.evidence.trials.compare import ABSENT, METRICS

if TYPE_CHECKING:
    from peaklib.evidence.trials.compare import Line, RunComparison, Section
    from peaklib.robustness.bootstrap.intervals import Interval

# These often say one thing under several names (`parameters.dataset`, `label.dataset`).
_OVERLAPPING: Final = frozenset({"trial", "config", "inputs", "conventions"})
_SHORTENED: Final = _OVERLAPPING - {"inputs"}
_DIGEST_SHOWN: Final = 12
_DIGEST_LENGTHS: Final = frozenset({40, 64})
_LONGEST_LIST: Final = 4
_WORDS: Final = {"data": "data", "code": "code", "days": "days", "terms": "costs"}
_SIGNS: Final = {True: "✓", False: "✕", None: "?"}
# Columns of a table: room for names, and between columns.
_NAME_WIDTH: Final = 18
_GAP: Final = 2


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


def same_text(known: Mapping[str, bool | None]) -> str:
    """`same data ✓  same code ✓ …`; a question mark where a run does not say."""
    return "  ".join(f"same {word} {_SIGNS[known[name]]}" for name, word in _WORDS.items())


def range_text(found: "Interval", metric: str = "sharpe") -> str:
    """The ends of an interval: `[0.10, 0.75]`."""
    from peaklib.render import format_metric

    return f"[{format_metric(metric, found.low)}, {format_metric(metric, found.high)}]"


def difference_text(difference: "Interval", correlation: float | None) -> str:
    """Sharpe of one minus that of another, whether that is more than luck, in one line."""
    from peaklib.render import format_metric
    from peaklib.sweep.curves import is_separable

    name = f"{difference.metric}_diff"
    words = [
        f"a−b {difference.metric} {format_metric(name, difference.estimate)}",
        f"{100 * difference.level:g} % {range_text(difference, name)}",
        "separable" if is_separable(difference) else "not separable",
    ]
    if correlation is not None:
        words.append(f"return correlation {format_metric('rho', correlation)}")
    return "  ".join(words)


def method_text(difference: "Interval") -> str:
    """How the interval of a difference was made."""
    return (
        f"paired {difference.kind} bootstrap, blocks of {difference.block_length:.1f} bars, "
        f"{difference.resamples:,} resamples, seed {difference.seed}"
    )


def edge_text(name: str, value: float) -> str:
    """`slow=250 is the grid edge`: what is better may lie outside."""
    return f"{name}={value:g} is the grid edge"


def interval_json(found: "Interval | None") -> dict[str, Any] | None:
    """An interval as plain values."""
    return None if found is None else asdict(found)


def difference_json(difference: "Interval | None") -> dict[str, Any] | None:
    """The interval of a difference as plain values, and whether it leaves out 0."""
    from peaklib.sweep.curves import is_separable

    if difference is None:
        return None
    return {**asdict(difference), "separable": is_separable(difference)}


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


def print_rows(
    labels: Sequence[str], rows: Sequence[TextRow], *, whole_names: bool = False
) -> None:
    """Print a table; of many columns one table below another, so that no number is cut.

    Args:
        labels: of the columns.
        rows: with a cell for each column.
        whole_names: fold no name of a row.
    """
    # Parameters may fold, metrics never.
    widths = [
        max(len(label), *(len(row.cells[at]) for row in rows if row.is_metric), 0)
        for at, label in enumerate(labels)
    ]
    differences = max(len(row.difference) for row in rows) if rows else 0
    name = max(map(len, (row.name for row in rows)), default=0) if whole_names else _NAME_WIDTH
    start = 0
    while start < len(labels):
        stop, room = start + 1, console.width - name - differences - widths[start]
        while stop < len(labels) and room >= widths[stop] + _GAP:
            room -= widths[stop] + _GAP
            stop += 1
        _print_block(slice(start, stop), labels, widths, rows, whole_names)
        start = stop


def _print_block(
    shown: slice,
    labels: Sequence[str],
    widths: Sequence[int],
    rows: Sequence[TextRow],
    whole_names: bool,
) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, _GAP, 0, 0))
    table.add_column("", overflow="fold", no_wrap=whole_names)
    for label, width in zip(labels[shown], widths[shown], strict=True):
        table.add_column(label, justify="right", overflow="fold", min_width=width)
    with_difference = any(row.difference for row in rows)
    if with_difference:
        table.add_column("a−b", justify="right", no_wrap=True)
    for row in rows:
        if any(row.cells[shown]) or len(labels) == 1:
            table.add_row(row.name, *row.cells[shown], *[row.difference] * with_difference)
    console.print(table)


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
