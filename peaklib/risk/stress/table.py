"""All of a book's stress in one table: windows, supposed moves, and what breaks its limit."""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import pandas as pd
from pydantic import BaseModel

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import checked_count, tail_of
from peaklib.risk.stress.book import Book, check_book
from peaklib.risk.stress.reverse import check_limit, reverse_factor, reverse_joint
from peaklib.risk.stress.scenarios import Historical, Hypothetical, Scenario, check_scenario
from peaklib.risk.stress.shocks import shock
from peaklib.risk.stress.windows import OUTSIDE, coverage, replay
from peaklib.risk.stress.words import moves_in_words, percent, shock_in_words

Row = dict[str, object]

NOT_COMPUTABLE: Final = "not computable"
NO_BREACH: Final = "nothing breaches it"
IMPOSSIBLE: Final = "not possible"
RUINED: Final = "ruined"
COMPUTED: Final = "computed"
_NUMBERS: Final = (
    "loss",
    "worst_drawdown",
    "worst_day",
    "days",
    "cost",
    "var_before",
    "var_after",
    "distance",
    "probability",
)
COLUMNS: Final = (
    "scenario",
    "title",
    "kind",
    "period",
    "shock",
    "measure",
    *_NUMBERS,
    "status",
    "reason",
)
_EMPTY: Final = {name: math.nan if name in _NUMBERS else "" for name in COLUMNS}


def stress_table(
    book: Book,
    scenarios: Iterable[Scenario],
    *,
    limit: float | None = None,
    level: float = 0.99,
    horizon: int = 1,
) -> pd.DataFrame:
    """One row per scenario, and with a limit one per shock that breaches it.

    A scenario that cannot be computed keeps its row, with NaN for numbers, the cause as
    `status` and the whole message as `reason`: no loss is never the same as no answer.

    Args:
        book: what is held.
        scenarios: in the order of the rows, as `load_scenarios` returns them.
        limit: a loss as a positive share of equity, 0.2 for 20 %; None for no reverse stress.
        level: confidence of the values at risk, in (0.5, 1).
        horizon: days of the values at risk and of the likeliest joint shock.

    Returns:
        Columns `scenario` (name), `title`, `kind` (`historical`, `hypothetical`, `reverse`),
        `period` (dates of a window), `shock` (what moves, in words), `measure` (what `loss`
        is: `window`, `instant`, `var` or `limit`), `loss`, `worst_drawdown`, `worst_day` (all
        positive shares of equity, negative for a gain), `days`, `cost` (of getting out),
        `var_before`, `var_after` (normal), `distance` (Mahalanobis), `probability` (of losing
        the limit over the horizon, if returns are normal), `status` and `reason`.

    Raises:
        DataError: no book or no scenarios, two rows of one name, or a level, horizon or limit
            outside its range.
    """
    check_book(book, "stress table")
    tail_of(level)
    checked_count("stress table: horizon", horizon)
    if limit is not None:
        check_limit(limit)
    reverse = {} if limit is None else _reverse_rows(book, limit, horizon)
    rows: dict[str, Row] = {}
    for scenario in _each(scenarios):
        if scenario.name in rows or scenario.name in reverse:
            raise DataError(f"stress table: two rows {scenario.name!r}; give each name once")
        if isinstance(scenario, Historical):
            rows[scenario.name] = _window_row(book, scenario)
        else:
            rows[scenario.name] = _shock_row(book, scenario, level, horizon)
    rows |= reverse
    table = pd.DataFrame([_EMPTY | row for row in rows.values()], columns=list(COLUMNS))
    return table.astype(dict.fromkeys(_NUMBERS, "float64"))


def _each(scenarios: object) -> Iterator[Historical | Hypothetical]:
    """Scenarios, each seen to be one; a single one, or a path, is no list of them."""
    if isinstance(scenarios, str | BaseModel) or not isinstance(scenarios, Iterable):
        raise DataError(
            f"stress table: scenarios are a {type(scenarios).__name__}; give a list of them, such "
            "as load_scenarios(folder)"
        )
    for scenario in scenarios:
        check_scenario(scenario, "stress table", Historical, Hypothetical)
        yield scenario


def _window_row(book: Book, scenario: Historical) -> Row:
    row: Row = {
        "scenario": scenario.name,
        "title": scenario.title,
        "kind": scenario.kind,
        "period": scenario.period,
        "measure": "window",
    }
    problem = coverage(book, scenario)
    if problem:
        return row | {"status": OUTSIDE, "reason": problem}
    held = replay(book, scenario)
    return row | {
        "loss": held.loss,
        "worst_drawdown": held.worst_drawdown,
        "worst_day": held.worst_day,
        "days": held.days,
        "status": RUINED if held.ruined else COMPUTED,
        "reason": f"the equity reached 0 on {held.last_held}" if held.ruined else "",
    }


def _shock_row(book: Book, scenario: Hypothetical, level: float, horizon: int) -> Row:
    def compute() -> Row:
        result = shock(book, scenario, level=level, horizon=horizon)
        return {
            "loss": result.loss,
            "cost": math.nan if scenario.liquidity is None else result.cost,
            "var_before": result.var_before,
            "var_after": result.var_after,
            "status": COMPUTED,
        }

    row: Row = {
        "scenario": scenario.name,
        "title": scenario.title,
        "kind": scenario.kind,
        "shock": shock_in_words(scenario),
        "measure": scenario.measure,
    }
    return row | _or_reason(compute)


def _reverse_rows(book: Book, limit: float, horizon: int) -> dict[str, Row]:
    table = book.betas if book.factors is None else book.factors
    rows = {}
    for factor in [] if table is None else map(str, table.columns):
        found = _or_reason(partial(_factor_row, book, factor, limit))
        rows[f"reverse-{factor}"] = {"title": f"Reverse: {factor} alone", **found}
    found = _or_reason(partial(_joint_row, book, limit, horizon))
    rows["reverse-likeliest"] = {"title": "Reverse: likeliest moves", **found}
    fixed: Row = {"kind": "reverse", "measure": "limit"}
    return {name: {"scenario": name, **fixed, **row} for name, row in rows.items()}


def _factor_row(book: Book, factor: str, limit: float) -> Row:
    found = reverse_factor(book, factor, limit=limit)
    if not found.exists:
        reason = f"no move of {factor} from −100 % to +1,000 % costs the limit"
        return {"status": NO_BREACH, "reason": reason}
    return {"shock": f"{factor} {percent(found.move)}", "loss": limit, "status": COMPUTED}


def _joint_row(book: Book, limit: float, horizon: int) -> Row:
    found = reverse_joint(book, limit=limit, horizon=horizon)
    if not found.exists:
        reason = "the book does not vary: no moves cost it the limit"
        return {"status": NO_BREACH, "reason": reason, "probability": 0.0}
    return {
        "shock": moves_in_words(found.moves),
        "loss": limit,
        "distance": found.distance,
        "probability": found.probability,
        "status": COMPUTED if found.is_possible else IMPOSSIBLE,
        "reason": "" if found.is_possible else "a symbol would have to fall by more than 100 %",
    }


def _or_reason(compute: Callable[[], Row]) -> Row:
    """What was computed, or why it could not be."""
    try:
        return compute()
    except DataError as error:
        return {"status": NOT_COMPUTABLE, "reason": str(error)}
