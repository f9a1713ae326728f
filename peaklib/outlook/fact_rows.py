"""The rows of `facts`, part by part."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.outlook.after import ALL
from peaklib.outlook.assets import MONTH, YEAR
from peaklib.outlook.findings import Findings
from peaklib.outlook.resampled import column

Row = dict[str, Any]

_DIGITS: Final = 6
_NOT_IN_KEYS: Final = re.compile(r"[^a-z0-9_-]+")


def key_of(name: str) -> str:
    """A name as it stands in keys: small letters, digits, underscores and hyphens.

    Raises:
        DataError: nothing of it is left.
    """
    key = _NOT_IN_KEYS.sub("-", name.lower()).strip("-")
    if not key:
        raise DataError(f"{name!r} has no letter or digit to make a key of; give another name")
    return key


def _row(
    key: str, value: object, unit: str, period: str, label: str, decimals: int | None = None
) -> Row:
    if isinstance(value, float):
        value = round(value, _DIGITS) + 0.0
    return {
        "key": key,
        "value": value,
        "unit": unit,
        "decimals": decimals,
        "period": period,
        "label": label,
    }


def _day(stamp: pd.Timestamp) -> str:
    return f"{stamp:%Y-%m-%d}"


def _years(first: pd.Timestamp, last: pd.Timestamp) -> str:
    return f"{first.year}-{last.year}"


def _periods(data: Dataset) -> tuple[str, str]:
    """The last day, and the years of all days."""
    index = data.frame.index
    return _day(index[-1]), _years(index[0], index[-1])


def _data(found: Findings) -> Iterator[Row]:
    data, key = found.data, key_of(found.data.name)
    day, years = _periods(data)
    yield _row(f"{key}.day", day, "date", day, f"last day of {data.name}")
    first = f"first day of {data.name}"
    yield _row(f"{key}.first_day", _day(data.frame.index[0]), "date", years, first)
    yield _row(f"{key}.days", len(data), "days", years, f"trading days of {data.name}")
    for name, text in found.notes.items():
        yield _row(f"{key_of(name)}.note", text, "text", "", f"to be known about {name}")


def _regime(found: Findings) -> Iterator[Row]:
    key, now = f"{key_of(found.data.name)}.regime", found.regime
    day, years = _periods(found.data)
    yield _row(key, now.name, "text", day, f"regime of {found.data.name}")
    yield _row(f"{key}.since", _day(now.since), "date", day, f"first day of the {now.name} spell")
    yield _row(f"{key}.days", now.n_days, "days", day, f"days of the {now.name} spell so far")
    lasted = f"share of the earlier {now.name} spells that were no longer"
    yield _row(f"{key}.lasted", now.lasted, "%", day, lasted, 1)
    for row in found.history.to_dict("records"):
        name = str(row["regime"])
        at = f"{key}.{name}"
        yield _row(f"{at}.share", row["share"], "%", years, f"share of days that were {name}", 1)
        yield _row(f"{at}.spells", row["n_spells"], "count", years, f"number of {name} spells")
        yield _row(
            f"{at}.median_days",
            row["median_days"],
            "days",
            years,
            f"length of the median {name} spell",
            1,
        )
        yield _row(
            f"{at}.longest_days",
            row["longest_days"],
            "days",
            years,
            f"length of the longest {name} spell",
        )


def _volatility(found: Findings) -> Iterator[Row]:
    name, state = found.data.name, found.volatility
    key, (day, years) = f"{key_of(name)}.vol", _periods(found.data)
    what = f"realised volatility a year of {name}"
    yield _row(key, state.now, "%", day, what, 1)
    yield _row(f"{key}.rank", state.rank, "%", day, f"share of days with no higher {what}", 1)
    change = f"change of the {what} from the window before, percentage points"
    yield _row(f"{key}.change", state.change, "%", day, change, 1)
    yield _row(f"{key}.median", state.median, "%", years, f"median {what}", 1)
    yield _row(f"{key}.highest", state.highest, "%", years, f"highest {what}", 1)
    yield _row(
        f"{key}.highest_on", _day(state.highest_on), "date", years, f"day of the highest {what}"
    )


def _drawdown(found: Findings) -> Iterator[Row]:
    name, state = found.data.name, found.drawdown
    key, (day, years) = f"{key_of(name)}.drawdown", _periods(found.data)
    high = f"highest close of {name}"
    yield _row(key, state.depth, "%", day, f"distance from the {high}", 1)
    yield _row(f"{key}.days", state.n_days, "days", day, f"trading days since the {high}")
    yield _row(f"{key}.high_on", _day(state.high_on), "date", day, f"day of the {high}")
    rank = f"share of days at least as far below the {high} until then"
    yield _row(f"{key}.rank", state.rank, "%", day, rank, 1)
    yield _row(f"{key}.worst", state.worst, "%", years, f"deepest drawdown of {name}", 1)
    worst_on = f"day of the deepest drawdown of {name}"
    yield _row(f"{key}.worst_on", _day(state.worst_on), "date", years, worst_on)


def _breadth(found: Findings) -> Iterator[Row]:
    state = found.breadth
    if state is None:
        return
    key, day, panel = key_of(found.panel), _day(state.day), found.panel
    above = f"share of {panel} above their {found.average}-day average"
    yield _row(f"{key}.assets", state.n_assets, "count", day, f"number of assets of {panel}")
    yield _row(f"{key}.above", state.above, "%", day, above, 1)
    yield _row(
        f"{key}.above.rank", state.rank, "%", day, f"share of days with no larger {above}", 1
    )
    yield _row(f"{key}.above.median", state.median, "%", "", f"median {above}", 1)
    yield _row(f"{key}.at_high", state.at_high, "%", day, f"share of {panel} at a 52-week high", 1)
    yield _row(f"{key}.at_low", state.at_low, "%", day, f"share of {panel} at a 52-week low", 1)


def _assets(found: Findings) -> Iterator[Row]:
    for row in found.assets.to_dict("records"):
        name, key, day = str(row["asset"]), key_of(str(row["asset"])), _day(row["day"])
        yield _row(f"{key}.close", row["close"], "", day, f"close of {name}", 2)
        for bars in (MONTH, YEAR):
            label = f"return of {name} over {bars} days"
            yield _row(f"{key}.ret_{bars}", row[f"ret_{bars}"], "%", day, label, 1)
        if name == found.data.name:
            continue
        what, high = f"realised volatility a year of {name}", f"highest close of {name}"
        rank = f"share of days with no higher {what}"
        yield _row(f"{key}.vol", row["vol"], "%", day, what, 1)
        yield _row(f"{key}.vol.rank", row["vol_rank"], "%", day, rank, 1)
        yield _row(f"{key}.drawdown", row["drawdown"], "%", day, f"distance from the {high}", 1)


def _rates(found: Findings) -> Iterator[Row]:
    for row in found.rates.to_dict("records"):
        name, key, day = str(row["rate"]), key_of(str(row["rate"])), _day(row["day"])
        rank = f"share of days since {_day(row['since'])} with no higher level of {name}"
        change = f"change of {name} over {MONTH} days"
        yield _row(f"{key}.level", row["level"], "", day, f"level of {name}", 2)
        yield _row(f"{key}.change_{MONTH}", row["change_21"], "", day, change, 2)
        yield _row(f"{key}.rank", row["rank"], "%", day, rank, 1)


def _correlations(found: Findings) -> Iterator[Row]:
    for row in found.correlations.to_dict("records"):
        name, key, day = str(row["asset"]), key_of(str(row["asset"])), _periods(found.data)[0]
        label = f"correlation of daily moves of {name} and {found.data.name}"
        recent, every = f"{label}, last {YEAR} moves", f"{label}, all moves"
        yield _row(f"{key}.correlation", row["recent"], "", day, recent, 2)
        yield _row(f"{key}.correlation.all", row["all"], "", "", every, 2)


_OUTCOMES: Final[Mapping[str, str]] = {
    "mean": "mean return",
    "median": "median return",
    "low": "10 % quantile of the return",
    "high": "90 % quantile of the return",
    "positive": "share of returns above zero",
    "lead": "mean return minus that of all days",
    "lead_lo": "lower end of the interval of the mean return minus that of all days",
    "lead_hi": "upper end of the interval of the mean return minus that of all days",
}


def _after(found: Findings) -> Iterator[Row]:
    subject, years = key_of(found.data.name), _periods(found.data)[1]
    if found.chance is not None:
        label = "chance of the largest difference by luck"
        yield _row(f"{subject}.after.p_value", found.chance, "", years, label, 2)
    for row in found.outcomes.to_dict("records"):
        name, horizon = str(row["regime"]), int(row["horizon"])
        key = f"{subject}.after.{'all' if name == ALL else name}.{column(horizon)}"
        such = "any day" if name == ALL else f"{name} days"
        behind = f"of {found.data.name} over {horizon} days after {such}"
        looked, apart = f"days looked at for returns {behind}", f"windows apart {behind}"
        yield _row(f"{key}.days", row["n_days"], "days", years, looked)
        yield _row(f"{key}.apart", row["n_apart"], "count", years, f"number of {apart}")
        for number, words in _OUTCOMES.items():
            # All days lead themselves by nothing.
            if number in row and not (name == ALL and number.startswith("lead")):
                yield _row(f"{key}.{number}", row[number], "%", years, f"{words} {behind}", 1)


PARTS: Final = (
    *(_data, _regime, _volatility, _drawdown, _breadth),
    *(_assets, _rates, _correlations, _after),
)
