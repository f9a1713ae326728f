"""Everything that peaklib raises on purpose, grouped by what the reader should do.

PeakError
├── ConfigError               edit the file and key named
├── DataError                 fix the input table, or ask for something the data has
│   └── LookaheadError        a feature, label or strategy read later rows
├── FeatureError              a feature's spec, parameter or result is not what it may be
├── StrategyError             a parameter out of range, or a target that is no position
├── NotebookError             a notebook failed or was given a parameter it does not have
├── EvidenceError             a pack is missing, incomplete or altered
├── PluginError               an installed plugin cannot be used as it is
└── LiveNotImplementedError   by design, always: live trading does not exist here

A message says what is wrong, where, what was found, and what to do about it.
"""

from collections.abc import Sequence


class PeakError(Exception):
    """Base of all errors that peaklib raises on purpose."""


class ConfigError(PeakError):
    """A configuration file is wrong; every mistake found in it is listed.

    Args:
        source: the file (or other origin) that was read.
        problems: one line per mistake, each naming key, value and what is allowed.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{source}: {count} mistake{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[str, tuple[str, ...]]]:
        return type(self), (self.source, self.problems)


class DataError(PeakError):
    """An input table is not what a backtest can stand on; the message names row and column."""


class LookaheadError(DataError):
    """Something computed for time t changed when rows after t were removed."""


class FeatureError(PeakError):
    """A feature is unknown, its spec cannot be resolved, or it returned no columns."""


class StrategyError(PeakError):
    """A strategy parameter or a target position is outside what it may be."""


class NotebookError(PeakError):
    """A notebook could not be executed as asked."""


class EvidenceError(PeakError):
    """An evidence pack is missing, incomplete or altered."""


class PluginError(PeakError):
    """An installed plugin cannot be loaded or breaks its contract."""


class LiveNotImplementedError(PeakError):
    """Live execution does not exist in this workbench, by construction."""
