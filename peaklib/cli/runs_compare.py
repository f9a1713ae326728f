"""`peak runs compare`: what differs between runs, and their numbers side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError, PeakError

if TYPE_CHECKING:
    import pandas as pd

    from peaklib.cli.compare_text import TextRow
    from peaklib.evidence import SealedRun
    from peaklib.evidence.trials.compare import RunComparison
    from peaklib.robustness.bootstrap.intervals import Interval
    from peaklib.sweep.curves import Curve

Named = tuple["SealedRun", dict[str, Any]]

# What `peaklib.sweep.curves` reads the curve of a run from; importing it takes a second.
_EQUITY: Final = "equity"


@dataclass(frozen=True)
class _Apart:
    """How far the Sharpe ratios of two curves lie apart.

    Args:
        difference: first minus second; None if there is none.
        correlation: of the returns.
        reason: why curves that should be there give no difference.
    """

    difference: "Interval | None" = None
    correlation: float | None = None
    reason: str = ""


@click.command("compare")
@click.argument("runs", metavar="RUN[:N] RUN[:N] …", nargs=-1, required=True)
@click.option("--all", "show_all", is_flag=True, help="Also what is equal.")
@click.option("--anyway", is_flag=True, help="Numbers of other data, days or costs as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for a script.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one HTML file with the equity curves.",
)
def command(
    runs: tuple[str, ...], show_all: bool, anyway: bool, as_json: bool, page: Path | None
) -> None:
    """Show what differs between RUNS, or between grid points (RUN:N) of them.

    What was asked comes first, then code and environment, and the metrics last. Numbers of
    other data or days, or under other costs, cannot be compared: metrics and curves are
    then refused, with the reason, unless --anyway is given.

    Two grid points, or runs that keep a table `equity`, are held against each other bar by
    bar: the difference of their Sharpe ratios comes with its 90 % interval.

    \b
    Examples:
      peak runs compare 102184 1bd55d
      peak runs compare 1bd55d:17 1bd55d:23 --html reports/compare.html

    Exit status: 0 compared, 1 the numbers cannot be compared, a run is not there, or
    its pack was altered.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence.trials.compare import compare_runs

    find_project()
    if page is not None and not page.absolute().parent.is_dir():
        raise click.UsageError(f"--html {page}: there is no folder {page.parent}; make it first")
    named = list(_named(runs))
    comparison = compare_runs([record for _, record in named])
    refused = bool(comparison.refusals) and not anyway
    if comparison.refusals and not refused and not as_json:
        console.print("\n".join(f"! {reason}" for reason in _reasons(comparison)))
    shown = replace(comparison, sections=comparison.sections[:-1]) if refused else comparison
    apart = _apart(comparison, named)
    if as_json:
        emit_json(_answer(shown, refused, show_all) | _apart_json(apart))
    else:
        _print(shown, show_all, apart)
    if refused:
        raise _refusal(comparison)
    missing = _write_page(page, comparison, named) if page is not None else []
    if not as_json:
        _print_end(comparison, page, missing)


def _named(texts: Sequence[str]) -> Iterator[Named]:
    """Each run with its record, or with that of the grid point."""
    from peaklib.evidence import open_run
    from peaklib.evidence.registry.registry import Registry
    from peaklib.evidence.trials.points import read_record
    from peaklib.evidence.trials.trusted import check_trusted

    registry = Registry()
    for text in texts:
        ref = registry.find(text)
        run = open_run(ref.run_id, runs=registry.runs)
        check_trusted(run, registry.row(ref.run_id).root)
        yield run, read_record(run, ref.point)


def _refusal(comparison: "RunComparison") -> EvidenceError:
    return EvidenceError(
        "metrics and curves are not compared, because they do not stand on the same ground:\n"
        + "".join(f"  {reason}\n" for reason in _reasons(comparison))
        + f"to see them all the same: {_command(comparison)}"
    )


def _reasons(comparison: "RunComparison") -> list[str]:
    labels = _labels(comparison)
    return [ground.refusal(labels) for ground in comparison.grounds if ground.same is False]


def _labels(comparison: "RunComparison") -> tuple[str, ...]:
    from peaklib.cli.compare_text import short_labels

    return short_labels(comparison.runs)


def _apart(comparison: "RunComparison", named: Sequence[Named]) -> _Apart:
    """The difference of two runs or points on the same ground, if both have a curve."""
    if len(named) != 2 or comparison.refusals or not all(map(_has_curve, named)):
        return _Apart()
    from peaklib.sweep.comparison import return_correlations
    from peaklib.sweep.curves import bars_per_year_of, curve_of, sharpe_difference

    labels = _labels(comparison)
    one, other = (curve_of(*each, label) for each, label in zip(named, labels, strict=True))
    years = [found for _, record in named if (found := bars_per_year_of(record)) is not None]
    if not years:
        return _Apart(reason="neither says how many bars a year has")
    try:
        difference = sharpe_difference(one, other, years[0])
    except PeakError as error:
        return _Apart(reason=str(error))
    (rho,) = return_correlations([one, other]).values()
    return _Apart(difference, rho if rho == rho else None)


def _has_curve(one: Named) -> bool:
    _, record = one
    return bool(record.get("point")) or _EQUITY in record["content"]["tables"]


def _apart_json(apart: _Apart) -> dict[str, Any]:
    from peaklib.cli.compare_text import difference_json

    return {
        "sharpe_difference": difference_json(apart.difference),
        "return_correlation": apart.correlation,
        "no_difference": apart.reason or None,
    }


def _answer(comparison: "RunComparison", refused: bool, show_all: bool) -> dict[str, Any]:
    answer = {**comparison.to_json(), "refused": refused}
    if show_all:
        answer["equal_values"] = {
            section.name: {line.name: line.values[0] for line in section.equal}
            for section in comparison.sections
        }
    return answer


def _print(comparison: "RunComparison", show_all: bool, apart: _Apart) -> None:
    from peaklib.cli.compare_text import print_rows, same_text, text_rows

    differing = text_rows(comparison)
    labels = _labels(comparison)
    if differing:
        print_rows(labels, differing)
    else:
        console.print("nothing differs")
    if show_all:
        console.print("\nequal")
        print_rows(("",), [_only_first(row) for row in text_rows(comparison, equal=True)])
    else:
        console.print(f"differing fields only; --all for {comparison.n_equal} equal")
    _print_apart(apart)
    console.print(same_text(comparison.same))


def _print_apart(apart: _Apart) -> None:
    from peaklib.cli.compare_text import difference_text, method_text

    if apart.reason:
        console.print(f"! no interval of the difference: {apart.reason}")
    if apart.difference is not None:
        console.print(difference_text(apart.difference, apart.correlation))
        console.print(method_text(apart.difference))


def _only_first(row: "TextRow") -> "TextRow":
    return replace(row, cells=row.cells[:1], difference="")


def _write_page(page: Path, comparison: "RunComparison", named: Sequence[Named]) -> list[str]:
    """Write the page; returns one line for each run without a curve."""
    import pandas as pd

    from peaklib.cli.compare_text import same_text, text_rows
    from peaklib.evidence.registry.registry import Registry
    from peaklib.sweep.comparison import return_correlations, write_comparison
    from peaklib.sweep.curves import curve_of

    labels = _labels(comparison)
    curves = [curve_of(*one, label) for label, one in zip(labels, named, strict=True)]
    facts = [("compared", same_text(comparison.same))]
    registry = Registry(named[0][0].runs)
    for label, name, (run, _) in zip(labels, comparison.runs, named, strict=True):
        root = registry.root_of(run.run_id)
        facts.append((label, f"{name}   root {root or 'not in the ledger'}"))
    for (one, other), rho in return_correlations(curves).items():
        facts.append((f"return correlation {one}, {other}", f"{rho:.2f}"))
    rows = [(row.name, *row.cells) for row in text_rows(comparison)]
    write_comparison(
        page,
        title=f"{', '.join(labels)} compared",
        warnings=_reasons(comparison),
        facts=facts,
        differing=pd.DataFrame(rows, columns=["", *labels]),
        curves=curves,
        hold=_hold(named, curves),
        command=_command(comparison),
    )
    registry.record_page(page, list(dict.fromkeys(run.run_id for run, _ in named)))
    return [f"{curve.label}: no curve, {curve.reason}" for curve in curves if curve.reason]


def _hold(named: Sequence[Named], curves: Sequence["Curve"]) -> "pd.Series[float] | None":
    """The benchmark of the first grid point that has a curve."""
    from peaklib.sweep.curves import hold_of

    for (run, record), curve in zip(named, curves, strict=True):
        if curve.equity is not None and record.get("point"):
            return hold_of(run, record)
    return None


def _command(comparison: "RunComparison") -> str:
    anyway = " --anyway" if comparison.refusals else ""
    return f"peak runs compare {' '.join(_labels(comparison))}{anyway}"


def _print_end(comparison: "RunComparison", page: Path | None, missing: Sequence[str]) -> None:
    for line in missing:
        console.print(f"! {line}")
    if page is None:
        next_step(f"{_command(comparison)} --html reports/compare.html")
    else:
        console.print(f"page  {page}", soft_wrap=True)
        next_step(f"open {page} in a browser")
