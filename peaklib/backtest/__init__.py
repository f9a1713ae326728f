"""Simulated trading: one account kernel behind single backtests and whole grids."""

from peaklib.backtest.engine import run_backtest
from peaklib.backtest.grid import run_grid, trial_returns
from peaklib.backtest.guarding import AccountView, Answer, Guard
from peaklib.backtest.result import BacktestResult, Conventions, DrawdownPeriod
from peaklib.backtest.terms import Fill, Terms

__all__ = [
    "AccountView",
    "Answer",
    "BacktestResult",
    "Conventions",
    "DrawdownPeriod",
    "Fill",
    "Guard",
    "Terms",
    "run_backtest",
    "run_grid",
    "trial_returns",
]
