"""Walk-forward: choose anew at the start of every window, and follow the choice for real.

What is known when: the choice for a window looks at returns up to the last bar before the window,
less `embargo_bars`. The first decision of the new choice is that of the window's own first bar,
taken at its close; a target decided on the last bar before the window still belongs to the
old choice, even where it is filled inside the window. So whatever is done could have been done.

One account trades the targets of all choices one after the other. Positions are carried over a
change of choice, and where the new one wants another position, the account pays for that trade.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult, run_backtest, run_grid
from peaklib.backtest.result import Conventions
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import Bars
from peaklib.robustness.selection.moments import (
    best_trials,
    checked_moments,
    sharpe_of_moments,
    window_moments,
    window_sharpes,
)
from peaklib.robustness.selection.windows import (
    HEAD,
    Spans,
    calendar_windows,
    first_window,
    head_windows,
    spans_of,
)
from peaklib.strategies import Strategy, get

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Params = dict[str, int | float]


@dataclass(frozen=True)
class Candidate:
    """A strategy and the grid of its parameters.

    Args:
        strategy: the strategy or its name.
        grid: parameter name to its values.
        where: condition that a combination must meet, such as `fast < slow`.
    """

    strategy: str | Strategy
    grid: Mapping[str, Sequence[int | float]]
    where: str | None = None


@dataclass(frozen=True)
class Evaluated:
    """A strategy and what `run_grid` said of it.

    Args:
        strategy: the strategy or its name.
        frame: one row per trial, with the moments of the windows.
    """

    strategy: str | Strategy
    frame: pd.DataFrame

    def params(self, row: int) -> Params:
        """Parameters of one row of the frame, the fixed ones included."""
        names = get(self.strategy).parameters
        axes = {n: self.frame[n].iloc[row].item() for n in names if n in self.frame.columns}
        return {**self.frame.attrs.get("fixed", {}), **axes}


@dataclass(frozen=True)
class WalkForward:
    """What following the choices would have given.

    Args:
        result: the one account; it opens with the first window that had a choice made for it.
        choices: one row a window: `start`, `end` (stamps of its first and last bar), `trial` (its
            number among all candidates' trials in order, -1 for none: no trial had a Sharpe ratio
            and the account stays out), `strategy`, `params`, `is_sharpe` (of the choice, where
            it was made), `oos_sharpe` (of the same trial's own account in the window) and
            `curve_sharpe` (of the one account in the window).
    """

    result: BacktestResult
    choices: pd.DataFrame

    @property
    def returns(self) -> pd.Series:
        """(n_oos,) simple returns of the one account, over the windows chosen for."""
        return self.result.returns

    @property
    def conventions(self) -> Conventions:
        """How the numbers came about."""
        return self.result.conventions


def choose(
    moments: Floats,
    *,
    first: int,
    periods_per_year: float,
    train: int | None = None,
    heads: Floats | None = None,
) -> Ints:
    """The best trial by Sharpe ratio for each window, from the windows before it.

    Args:
        moments: (n_trials, n_windows, 3) of consecutive windows.
        first: number of the first window to choose for, from 1 on.
        periods_per_year: bars in a year.
        train: how many windows before it a choice looks at; all of them by default (anchored).
        heads: (n_trials, n_windows, 3) of the same windows without the bars under embargo at their
            ends; the window just before the one that is chosen for counts with its head only.

    Returns:
        (n_windows - first,) numbers of trials: the first of equals, -1 where none has a Sharpe
        ratio.

    Raises:
        DataError: no window to choose for, or fewer than `train` before it.
    """
    sharpes = _training_sharpes(
        moments, first=first, periods_per_year=periods_per_year, train=train, heads=heads
    )
    return best_trials(sharpes)


def _training_sharpes(
    moments: Floats,
    *,
    first: int,
    periods_per_year: float,
    train: int | None,
    heads: Floats | None,
) -> Floats:
    """Sharpe ratio of each trial in the training of each window, (n_trials, n_windows - first)."""
    array = checked_moments(moments)
    ends = array if heads is None else checked_moments(heads)
    n_windows = array.shape[1]
    if ends.shape != array.shape:
        raise DataError(f"heads: shape {ends.shape}, but moments have {array.shape}")
    if not 1 <= first < n_windows:
        raise DataError(
            f"first = {first} of {n_windows} windows; a choice needs a window before it and one "
            f"to follow it in: give 1 to {n_windows - 1}, or more windows"
        )
    if train is not None and not 1 <= train <= first:
        raise DataError(f"train = {train} windows, but window {first} has {first} before it")
    columns = []
    for k in range(first, n_windows):
        oldest = 0 if train is None else k - train
        seen = np.concatenate([array[:, oldest : k - 1], ends[:, k - 1 : k]], axis=1)
        columns.append(sharpe_of_moments(seen, periods_per_year=periods_per_year))
    return np.stack(columns, axis=1)


def walk_forward(
    candidates: Candidate | Sequence[Candidate],
    dataset: Dataset,
    *,
    start: str | pd.Timestamp | None = None,
    months: int = 12,
    train_months: int | None = None,
    embargo_bars: int = 0,
    threads: int | None = None,
    **terms: Any,
) -> WalkForward:
    """Evaluate all trials, choose anew in every window, and follow the choices.

    Args:
        candidates: one or several; the choice is among all of their trials together.
        dataset: bars of one asset.
        start: the first window to choose for is the first one that begins here or later; by
            default the first one with as much training as a window is long (with `train_months`,
            as long as those), short of a tenth.
        months: length of a window, see `calendar_windows`.
        train_months: how far back a choice looks, a multiple of `months`; all the way by default.
        embargo_bars: bars just before a window that its choice does not look at.
        threads: for `run_grid`; the result does not depend on it.
        **terms: fill convention, costs and `warmup`, as for `run_grid`.

    Returns:
        One out-of-sample account, and what was chosen when.

    Raises:
        DataError: too few windows, or an embargo longer than one.
    """
    several = [candidates] if isinstance(candidates, Candidate) else list(candidates)
    if not several:
        raise DataError("candidates: there is none; give at least one strategy with its grid")
    index = _account_index(dataset, terms)
    windows = calendar_windows(index, months)
    train = _training_windows(months, train_months)
    bars = dataset.meta.bars_per_year * (train_months or months) / 12
    first = first_window(windows, index, start=start, train=train, bars=bars)
    heads = heads_of(windows, index, first, embargo_bars)
    fields = [
        Evaluated(
            one.strategy,
            run_grid(
                one.strategy,
                dataset,
                one.grid,
                where=one.where,
                windows={**windows, **heads},
                threads=threads,
                **terms,
            ),
        )
        for one in several
    ]
    return follow(
        fields, dataset, windows, first=first, train=train, embargo_bars=embargo_bars, **terms
    )


def heads_of(windows: Spans, index: pd.DatetimeIndex, first: int, embargo_bars: int) -> Spans:
    """Heads of the windows that end a training: from the one before `first` to the last but one.

    Args:
        windows: name to first and last stamp, included.
        index: (n_bars,) stamps of the bars.
        first: number of the first window to choose for.
        embargo_bars: bars; 0 needs no heads.

    Raises:
        DataError: an embargo that leaves nothing of such a window.
    """
    if not embargo_bars:
        return {}
    return head_windows(dict(list(windows.items())[first - 1 : -1]), index, embargo_bars)


def follow(
    fields: Evaluated | Sequence[Evaluated],
    dataset: Dataset,
    windows: Spans,
    *,
    first: int = 1,
    train: int | None = None,
    embargo_bars: int = 0,
    **terms: Any,
) -> WalkForward:
    """Walk forward after the grids: choose from their moments and run the one account.

    Args:
        fields: results of `run_grid` over the same data and terms, with the moments of `windows`,
            and of `heads_of` them if there is an embargo.
        dataset: bars of one asset.
        windows: name to first and last stamp of consecutive windows.
        first, train: as for `choose`.
        embargo_bars: as the heads were made with.
        **terms: fill convention, costs and `warmup`, as the grids were run with.

    Raises:
        DataError: moments are missing, or there are too few windows.
    """
    stack = [fields] if isinstance(fields, Evaluated) else list(fields)
    names, year = list(windows), dataset.meta.bars_per_year
    moments = np.concatenate([window_moments(field.frame, names) for field in stack])
    heads = _head_moments(stack, moments, names, first) if embargo_bars else None
    sharpes = _training_sharpes(
        moments, first=first, periods_per_year=year, train=train, heads=heads
    )
    trials = best_trials(sharpes)
    picks = [_pick(stack, int(trial)) for trial in trials]
    index = _account_index(dataset, terms)
    spans = spans_of(windows, index)[first:]
    _check_consecutive(spans, names[first:])
    result = _one_account(dataset, picks, spans, terms)
    tested = window_sharpes(moments[:, first:], periods_per_year=year)
    choices = pd.DataFrame(
        {
            "start": index[spans[:, 0]],
            "end": index[spans[:, 1] - 1],
            "trial": trials,
            "strategy": [None if pick is None else pick[0].name for pick in picks],
            "params": [None if pick is None else pick[1] for pick in picks],
            "is_sharpe": _of_chosen(sharpes, trials),
            "oos_sharpe": _of_chosen(tested, trials),
            "curve_sharpe": _sharpe_by_window(result.returns.to_numpy(), spans, year),
        },
        index=pd.Index(names[first:], name="window"),
    )
    return WalkForward(result, choices)


Pick = tuple[Strategy, Params]


def switched_target(dataset: Dataset, picks: Sequence[Pick | None], spans: Ints) -> Floats:
    """Each choice's target within its own window; 0 outside and where nothing was chosen.

    Args:
        dataset: bars of one asset.
        picks: for each window a strategy with its parameters, or None to stay out.
        spans: (n_windows, 2) first bar and bar after the last, in bars of the data set.

    Returns:
        (n_bars,) target positions, each decided at the close of its bar.
    """
    bars = Bars.of(dataset)
    target = np.zeros(len(bars))

    kinds: list[Pick] = []
    whole: list[Floats] = []
    for pick, (start, stop) in zip(picks, spans, strict=True):
        if pick is None:
            continue
        if pick not in kinds:
            kinds.append(pick)
            whole.append(pick[0].targets(bars, pick[1]))
        target[start:stop] = whole[kinds.index(pick)][start:stop]
    return target


def _one_account(
    dataset: Dataset, picks: Sequence[Pick | None], spans: Ints, terms: Mapping[str, Any]
) -> BacktestResult:
    """The account that follows the picks, from the first window to the end of the last."""
    warmup = int(terms.get("warmup", 0))
    target = switched_target(dataset, picks, spans + warmup)
    stop = int(spans[-1, 1]) + warmup
    if stop < len(dataset):
        # Windows may end before the data do: nothing after them belongs to the account.
        dataset = dataset.between(None, dataset.frame.index[stop - 1])
    opened = {**terms, "warmup": warmup + int(spans[0, 0])}
    return run_backtest(target[:stop], dataset, **opened)


def _account_index(dataset: Dataset, terms: Mapping[str, Any]) -> pd.DatetimeIndex:
    """Stamps of the bars that accounts see: those after the warm-up."""
    return pd.DatetimeIndex(dataset.frame.index[int(terms.get("warmup", 0)) :])


def _head_moments(
    stack: Sequence[Evaluated], moments: Floats, names: Sequence[str], first: int
) -> Floats:
    """Moments with those of the heads where a choice ends: just before each window followed."""
    heads = [name + HEAD for name in names[first - 1 : -1]]
    closed = np.concatenate([window_moments(field.frame, heads) for field in stack])
    return np.concatenate([moments[:, : first - 1], closed, moments[:, -1:]], axis=1)


def _pick(stack: Sequence[Evaluated], trial: int) -> Pick | None:
    """Strategy and parameters of a trial, counted through all fields; None for -1."""
    if trial < 0:
        return None
    for field in stack:
        if trial < len(field.frame):
            return get(field.strategy), field.params(trial)
        trial -= len(field.frame)
    raise AssertionError("a trial beyond the last field was chosen")


def _of_chosen(sharpes: Floats, trials: Ints) -> Floats:
    """(n_trials, n_windows) at the chosen trial of each window, NaN where there is none."""
    found = sharpes[trials, np.arange(len(trials))]
    return np.where(trials >= 0, found, np.nan)


def _sharpe_by_window(returns: Floats, spans: Ints, year: float) -> list[float]:
    parts = [returns[start:stop] for start, stop in spans - spans[0, 0]]
    moments = np.array([[[part.size, part.sum(), part @ part] for part in parts]])
    found: list[float] = window_sharpes(moments, periods_per_year=year)[0].tolist()
    return found


def _training_windows(months: int, train_months: int | None) -> int | None:
    """How many windows a choice looks at; None for all."""
    if train_months is None:
        return None
    if train_months < months or train_months % months:
        raise DataError(
            f"train_months = {train_months}; give a multiple of the window's {months} months"
        )
    return train_months // months


def _check_consecutive(spans: Ints, names: Sequence[str]) -> None:
    gaps = np.flatnonzero(spans[1:, 0] != spans[:-1, 1])
    if gaps.size:
        raise DataError(
            f"windows {names[gaps[0]]!r} and {names[gaps[0] + 1]!r} do not follow one another; one "
            "account needs windows without gap or overlap"
        )
