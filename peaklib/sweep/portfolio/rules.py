"""The rules by which a portfolio is chosen."""

from dataclasses import dataclass

from peaklib.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a trial has to be to become a member; all of it is looked at in sample.

    Args:
        max_correlation: of its daily returns with those of every better member; below 1.
        min_dsr: floor of its deflated Sharpe ratio, a probability.
        max_pbo: ceiling of the probability that choosing in its run is overfitting; the floor
            under what may be believed of a run.
        min_days: bars on which it moved; a rule that was in the market for a month is no evidence,
            and risk parity would give it nearly everything.
        members: at most.
        per_run: trials of each run that are looked at, the best by Sharpe first.

    Raises:
        DataError: a rule is outside its range.
    """

    max_correlation: float = 0.5
    min_dsr: float = 0.60
    max_pbo: float = 0.60
    min_days: int = 100
    members: int = 8
    per_run: int = 20

    def __post_init__(self) -> None:
        if not -1 < self.max_correlation < 1:
            raise DataError(
                f"max_correlation = {self.max_correlation!r}; allowed: above -1 and below 1, since "
                "a trial correlates 1 with itself"
            )
        for name in ("min_dsr", "max_pbo"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise DataError(f"{name} = {value!r}; a probability is from 0 to 1")
        for name in ("min_days", "members", "per_run"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} = {getattr(self, name)!r}; at least 1 is needed")
