"""The QuantStats tear sheet of the selected trial, as one HTML document."""

import logging
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from peaklib.sweep.review.examination import Review


def tear_sheet(found: Review) -> str | None:
    """All that QuantStats says about the best trial, in sample, beside hold.

    Returns:
        The document; None where QuantStats is not installed (extra `report`).
    """
    if find_spec("quantstats") is None:
        return None
    strategy = _daily(found.assessment.selected.result.returns)
    hold = _daily(found.assessment.benchmark.returns).rename("hold")
    title = f"{found.best.cell.trials.attrs['strategy']} {found.best.text}, in sample"
    return _html(strategy.rename(title), hold, title, found.assessment.subject.year)


def _daily(returns: "pd.Series[float]") -> "pd.Series[float]":
    plain = returns.copy()
    plain.index = pd.DatetimeIndex(plain.index).tz_localize(None)
    return plain


def _html(
    strategy: "pd.Series[float]", hold: "pd.Series[float]", title: str, bars_per_year: float
) -> str:
    # It speaks to the terminal, and hundreds of times about a font: none of that is a result.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    silence = StringIO()
    with (
        TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        redirect_stdout(silence),
        redirect_stderr(silence),
    ):
        warnings.simplefilter("ignore")
        import matplotlib as mpl

        mpl.use("agg")
        import quantstats

        target = Path(folder) / "tearsheet.html"
        write: Any = quantstats.reports.html
        write(
            strategy,
            benchmark=hold,
            title=title,
            output=str(target),
            periods_per_year=round(bars_per_year),
            match_dates=False,
        )
        return target.read_text(encoding="utf-8")
