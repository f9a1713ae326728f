"""What a sweep's result is judged by: `configs/robustness.toml`, fixed before the sweep runs."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peaklib.config import ConfigKind, check_table, read_toml

Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Intervals(_Strict):
    """How sure a number is: stationary bootstrap, block length by Politis and White.

    Args:
        level: share of resamples that an interval covers.
        resamples: of headline numbers.
        cell_resamples: of every cell of a heatmap.
    """

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.90
    resamples: Annotated[int, Field(ge=200, le=100_000)] = 2_000
    cell_resamples: Annotated[int, Field(ge=200, le=10_000)] = 1_000


class OutOfSample(_Strict):
    """Walk-forward: parameters are chosen again and again, on earlier bars only.

    The gate passes if the interval of its Sharpe minus the benchmark's lies above 0, and fails
    decisively if it lies below.

    Args:
        first_years: of bars before the first choice.
        months: between choices; a divisor of 12.
        embargo_bars: left out between the bars that choose and those that judge.
    """

    first_years: Annotated[int, Field(ge=1, le=50)] = 3
    months: Literal[1, 2, 3, 4, 6, 12] = 12
    embargo_bars: Annotated[int, Field(ge=0, le=1000)] = 0

    @model_validator(mode="after")
    def _leaves_days(self) -> Self:
        if self.embargo_bars > 10 * self.months:
            raise ValueError(
                f"embargo_bars = {self.embargo_bars} would leave nothing of {self.months} months; "
                f"give at most {10 * self.months}"
            )
        return self


class DeflatedSharpe(_Strict):
    """The best Sharpe, held against the best that luck would have brought in as many tries.

    Args:
        pass_at: probability from which the gate passes.
        fail_below: probability below which it fails decisively.
        sample: trials whose returns are compared to find how many tries they amount to, at most.
    """

    pass_at: Share = 0.60
    fail_below: Share = 0.50
    sample: Annotated[int, Field(ge=10, le=2_000)] = 300

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fail_below > self.pass_at:
            raise ValueError(
                f"fail_below = {self.fail_below} is above pass_at = {self.pass_at}: a number in "
                "between would pass and fail"
            )
        return self


class Overfitting(_Strict):
    """Probability of backtest overfitting.

    Args:
        blocks: of bars, an even number.
        pass_at: probability up to which the gate passes.
        fail_above: probability above which it fails decisively.
        sample: trials that are compared, at most; spread evenly over all of them.
    """

    blocks: Annotated[int, Field(ge=4, le=20, multiple_of=2)] = 16
    pass_at: Share = 0.60
    fail_above: Share = 0.70
    sample: Annotated[int, Field(ge=10, le=10_000)] = 2_000

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fail_above < self.pass_at:
            raise ValueError(
                f"fail_above = {self.fail_above} is below pass_at = {self.pass_at}: a number in "
                "between would pass and fail"
            )
        return self


class PlateauShare(_Strict):
    """How much of the neighbourhood of the best trial is nearly as good.

    Args:
        keep: share of the best trial's lead that a neighbour has to keep.
        radius: steps on the grid that make a neighbour.
        pass_at: share of the neighbours from which the gate passes.
    """

    keep: Annotated[float, Field(gt=0, lt=1)] = 0.7
    radius: Annotated[int, Field(ge=1, le=5)] = 1
    pass_at: Share = 0.50


class HoldoutRule(_Strict):
    """The untouched holdout.

    The gate is open while nobody has looked; then it passes if the Sharpe there is above the
    benchmark's, and fails decisively if the interval of the difference lies below 0.

    Args:
        openings: how often an instrument's holdout may have been opened to count as untouched.
    """

    openings: Annotated[int, Field(ge=1, le=100)] = 1


class Thresholds(_Strict):
    """All of `configs/robustness.toml`; see the classes of its tables."""

    intervals: Intervals = Intervals()
    out_of_sample: OutOfSample = OutOfSample()
    deflated_sharpe: DeflatedSharpe = DeflatedSharpe()
    overfitting: Overfitting = Overfitting()
    plateau: PlateauShare = PlateauShare()
    holdout: HoldoutRule = HoldoutRule()


def load_thresholds(path: Path) -> Thresholds:
    """The thresholds of a file; what it leaves out has its default.

    Raises:
        ConfigError: lists every mistake of the file.
    """
    return check_table(Thresholds, read_toml(path), str(path))


CONFIG_FILES: Final = ConfigKind("robustness.toml", load_thresholds)
