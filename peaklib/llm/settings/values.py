"""What the files of `configs/ai/` say, as plain values; money is exact, never a float."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Final, Literal

from peaklib.errors import DataError
from peaklib.llm.roles import CRITIC, PRIMARY

MICRO: Final = 1_000_000
"""Micro-EUR in one EUR."""

Api = Literal["chat", "responses"]
Profile = Literal["dev", "prod"]


@dataclass(frozen=True)
class Row:
    """One line of the matrix: a model in its place.

    Args:
        layer: `L0` to `L4`.
        name: `primary`, `fallback1`, `fallback2` or `critic`.
        provider: that serves the model.
        model_id: as the provider spells it.
        api: which of the two interfaces the model speaks.
        sunset: first day on which the provider no longer serves it; None if none is announced.
        degraded: whether its answers are marked as those of a lesser model.
        max_input_tokens: that the model reads at most; None if the file does not say.
    """

    layer: str
    name: str
    provider: str
    model_id: str
    api: Api
    sunset: date | None = None
    degraded: bool = False
    max_input_tokens: int | None = None

    @property
    def key(self) -> str:
        """Place in the matrix, such as `L1.primary`."""
        return f"{self.layer}.{self.name}"

    @property
    def service(self) -> str:
        """Provider and model, such as `openai:o3-deep-research`."""
        return f"{self.provider}:{self.model_id}"

    @property
    def role(self) -> str:
        """What the row is asked for: fallbacks do the work of the primary row."""
        return CRITIC if self.name == CRITIC else PRIMARY

    def ended(self, today: date) -> bool:
        """Whether the provider has ceased to serve the model."""
        return self.sunset is not None and self.sunset <= today


@dataclass(frozen=True)
class Provider:
    """How a provider is reached.

    Args:
        name: of the policy's list.
        base_url: with placeholders such as `{region}`.
        key: environment variable that holds the key, never the key itself.
        api: interfaces that it offers.
        variables: environment variable of each placeholder.
    """

    name: str
    base_url: str
    key: str
    api: tuple[Api, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """Where a call goes.

    Args:
        base_url: complete.
        key_variable: environment variable of the key; None where no key is sent.
        local: whether it is a stand-in on this machine.
    """

    base_url: str
    key_variable: str | None
    local: bool = False


@dataclass(frozen=True)
class Limit:
    """What a scope may use.

    Args:
        max_tokens: read and written together.
        max_cost: in micro-EUR.
        max_calls: attempts, those that fail included.
        deadline_s: longest time of one attempt.
    """

    max_tokens: int
    max_cost: int
    max_calls: int
    deadline_s: float


@dataclass(frozen=True)
class Price:
    """What a model costs, in EUR for a million tokens: the same number as micro-EUR for one.

    Args:
        as_of: day for which price and rate of exchange are both believed, the older of the two.
        input: of tokens that are read.
        output: of tokens that are written, thinking included.
        per_call: EUR of one call besides its tokens, such as searches that the service makes.
        source: where the price stands.
        latest: the younger of the two days; None if it is not known.
    """

    as_of: date
    input: Fraction
    output: Fraction
    per_call: Fraction = Fraction(0)
    source: str = ""
    latest: date | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Micro-EUR of one call, rounded up.

        Raises:
            DataError: a count is negative.
        """
        if min(input_tokens, output_tokens) < 0:
            raise DataError(
                f"a call of {input_tokens} input and {output_tokens} output tokens has no cost; "
                "counts start at 0"
            )
        tokens = self.input * input_tokens + self.output * output_tokens
        return ceil(tokens + self.per_call * MICRO)


@dataclass(frozen=True)
class Allowed:
    """A model of the allowlist.

    Args:
        provider: that serves it.
        model_id: exactly as a row of the matrix names it.
        snapshots: further names under which its replies may come.
        opaque: whether the id does not say which model answers (an ARN, a deployment); only a
            lock entry that records it makes such an id usable.
    """

    provider: str
    model_id: str
    snapshots: tuple[str, ...] = ()
    opaque: bool = False


@dataclass(frozen=True)
class Demand:
    """What an entry of the lock is held against: the cases and thresholds of today.

    Args:
        eval_digest: of the layer's cases, by `cases_digest`.
        cases: how many there are.
        min_pass: share of them that has to be passed.
        max_cost: of all of them, in micro-EUR.
    """

    eval_digest: str
    cases: int
    min_pass: float
    max_cost: int


@dataclass(frozen=True)
class LockEntry:
    """A model that was measured on the cases of a layer.

    Args:
        layer: whose cases it answered.
        provider: that was asked.
        model_id: that was asked.
        score: share of the cases that it passed, in [0, 1].
        threshold: that the score had to reach.
        eval_digest: of the cases, by `cases_digest`.
        measured_on: day of the measurement.
        signer: who vouches for it.
        endpoint: `provider`, or `local` for a stand-in, which verifies nothing.
        cases: how many there were.
        cost_micro_eur: of the measurement.
        budget_micro_eur: that the cost had to stay within.
        snapshots: names under which its replies came.
        resolves_to: the model behind an opaque id; None for other ids.
        role: `primary` or `critic`; None vouches for both.
    """

    layer: str
    provider: str
    model_id: str
    score: float
    threshold: float
    eval_digest: str
    measured_on: date
    signer: str
    endpoint: Literal["provider", "local"]
    cases: int
    cost_micro_eur: int = 0
    budget_micro_eur: int = 0
    snapshots: tuple[str, ...] = ()
    resolves_to: str | None = None
    role: str | None = None

    def about(self, row: Row) -> bool:
        """Whether the entry is about the model of a row, in its place."""
        same = (self.layer, self.provider, self.model_id) == (row.layer, row.provider, row.model_id)
        return same and self.role in (None, row.role)

    def shortfalls(self, demand: Demand) -> tuple[str, ...]:
        """What keeps the entry from making its model a verified one; empty if nothing does.

        What the entry says of its own bounds can only make them stricter.

        Args:
            demand: of the layer as it is now.
        """
        least = max(self.threshold, demand.min_pass)
        most = min(self.budget_micro_eur, demand.max_cost)
        found = {
            "was measured against a local stand-in, not its provider": self.endpoint == "local",
            f"scored {self.score:.3f}, below {least:.3f}": self.score < least,
            "cost more than its budget": self.cost_micro_eur > most,
            "was measured on other cases than those of today": (
                (self.eval_digest, self.cases) != (demand.eval_digest, demand.cases)
            ),
        }
        return tuple(text for text, true in found.items() if true)
