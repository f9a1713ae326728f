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
├── PolicyViolation           a rule of the model policy said no; never retried, never hidden
├── ModelCallError            a call of a language model gave no reply that may be used
│   ├── SwitchedOffError      models, or the row asked for, are switched off
│   ├── BudgetError           the call could cost more than is left, or has no price
│   ├── ProviderError         no service answered; `.retryable` says whether later may help
│   └── GuardrailError        a reply broke a guardrail (shape, schema, model); it was discarded
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


class PolicyViolation(PeakError):
    """A rule of the model policy refused a provider, a model or an address.

    Args:
        rule: short name of the rule, such as `denylist.model`.
        saw: what was refused, printable and without secrets.
        reason: what the rule says, and what to do.
    """

    def __init__(self, rule: str, saw: str, reason: str) -> None:
        self.rule = rule
        self.saw = saw
        self.reason = reason
        super().__init__(f"refused by the model policy, rule {rule}: {saw}: {reason}")

    def __reduce__(self) -> tuple[type["PolicyViolation"], tuple[str, str, str]]:
        return type(self), (self.rule, self.saw, self.reason)


class ModelCallError(PeakError):
    """A call of a language model gave no reply that may be used."""


class SwitchedOffError(ModelCallError):
    """Language models are switched off, or the row that was asked for is."""


class BudgetError(ModelCallError):
    """A call could cost more than its budgets have left, or nobody knows what it costs."""


class ProviderError(ModelCallError):
    """No service gave an answer.

    Args:
        message: what happened at each service.
        retryable: whether the same call may succeed later.
    """

    def __init__(self, message: str, retryable: bool = False) -> None:
        self.retryable = retryable
        super().__init__(message)

    def __reduce__(self) -> tuple[type["ProviderError"], tuple[str, bool]]:
        return type(self), (str(self), self.retryable)


class GuardrailError(ModelCallError):
    """A reply broke a guardrail, such as its schema or the model it names; it was discarded."""


class LiveNotImplementedError(PeakError):
    """Live execution does not exist in this workbench, by construction."""
