"""The configuration of a sweep, as a model and as a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from peaklib.backtest import Terms
from peaklib.config import ConfigKind, check_table, override, read_toml
from peaklib.data.holdout import holdout_date
from peaklib.errors import ConfigError, DataError
from peaklib.sweep.checks import problems_of

HeatmapMetric = Literal[
    "ret", "cagr", "vol", "sharpe", "sortino", "calmar", "max_dd", "ulcer", "martin", "recovery",
    "omega", "exposure", "turnover", "n_trades", "hit_rate", "profit_factor", "avg_trade",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Costs(_Strict):
    """One cost scenario; what each number means stands in `backtest.Terms`."""

    fees_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    slippage_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    borrow_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    cash_rate: Annotated[float, Field(gt=-1, lt=1)] = 0.0

    def terms(self, fixed: Mapping[str, Any]) -> Terms:
        """These costs with the fill convention of the sweep."""
        chosen = {name: fixed[name] for name in ("fill", "lag") if name in fixed}
        return Terms(**self.model_dump(), **chosen)


def _date(given: object) -> str:
    """A date of TOML, or such a text, as a text: a record holds plain values."""
    try:
        return holdout_date(given)
    except DataError:
        raise ValueError(f"{given!r} is no date; write one as in 2016-01-01") from None


def _date_or_none(given: object) -> str:
    return "" if given == "" else _date(given)


Date = Annotated[str, BeforeValidator(_date)]


class Holdout(_Strict):
    """Rows that no cell sees.

    Args:
        from_: their first date; `from` in the file.
    """

    from_: Annotated[Date, Field(alias="from")]

    @model_serializer
    def _plain(self) -> dict[str, str]:
        return {"from": self.from_}


class Split(_Strict):
    """Where out-of-sample begins.

    Args:
        at: its first date; empty for none, to switch off that of a file with `--set`.
    """

    at: Annotated[str, BeforeValidator(_date_or_none)]


class Report(_Strict):
    """What the report shows.

    Args:
        notebook: template of the report.
        heatmaps: two metrics that the heatmaps show; the largest drawdown comes with them.
        top: rows of the ranking.
        risk: whether the risk chapter of the selected trial is made first, so that the report
            links it.
    """

    notebook: str = "notebooks/sweep_report.ipynb"
    heatmaps: Annotated[list[HeatmapMetric], Field(min_length=2, max_length=2)] = [
        "sharpe",
        "cagr",
    ]
    top: Annotated[int, Field(ge=1, le=1000)] = 10
    risk: bool = False


class SweepConfig(_Strict):
    """A sweep: what is asked, which notebook answers it, and over which axes.

    Args:
        question: one sentence, the first line of the report.
        notebook: executed once per combination of `foreach`.
        seed: of all random numbers.
        benchmark: strategy that the results are held against.
        fixed: parameters of the notebook that all cells share, such as `fill`.
        foreach: notebook parameter to its values; every combination is one cell.
        costs: cost scenarios by name, for a `costs` axis.
        grid: axes evaluated inside a cell: by strategy if the notebook takes one.
        split: where out-of-sample begins, None for everything in sample.
        holdout: rows that are kept from every cell, None for none.
        report: what the report shows.
    """

    question: Annotated[str, Field(min_length=10)]
    notebook: str
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    benchmark: str = "buy_and_hold"
    fixed: dict[str, Any] = {}
    foreach: dict[str, Annotated[list[Any], Field(min_length=1)]]
    costs: dict[str, Costs] = {}
    grid: dict[str, Any] = {}
    split: Split | None = None
    holdout: Holdout | None = None
    report: Report = Report()

    @property
    def holdout_from(self) -> str | None:
        """First date of the holdout, None if there is none."""
        return self.holdout.from_ if self.holdout else None

    @property
    def split_at(self) -> str | None:
        """First date out of sample, None if there is none."""
        return (self.split.at or None) if self.split else None

    @model_serializer(mode="wrap")
    def _without_unused(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A sweep that uses neither has the record that it had before there were any.
        return {name: value for name, value in plain(self).items() if value is not None}


def load_config(path: Path, settings: Sequence[str] = ()) -> SweepConfig:
    """A sweep's file, checked as a whole.

    Args:
        path: of the TOML file.
        settings: `KEY=VALUE` that replace keys of the file.

    Raises:
        ConfigError: lists every mistake with key, value and what is allowed.
    """
    table = _one_place(override(read_toml(path), settings), settings)
    problems = list(problems_of(table))
    try:
        config = check_table(SweepConfig, table, str(path))
    except ConfigError as error:
        raise ConfigError(str(path), [*error.problems, *problems]) from None
    if problems:
        raise ConfigError(str(path), problems)
    return config


def _one_place(table: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """A parameter that was set under `foreach` leaves `fixed`, and the other way round."""
    moves = {"foreach": "fixed", "fixed": "foreach"}
    for setting in settings:
        part, _, name = setting.partition("=")[0].strip().partition(".")
        other = table.get(moves.get(part, ""))
        if isinstance(other, dict):
            other.pop(name, None)
    return table


CONFIG_FILES = ConfigKind("sweeps/*.toml", load_config)
