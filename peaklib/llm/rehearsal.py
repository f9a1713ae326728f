"""A dry run of one call: a stand-in that fails as told, a router of its own, and what it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from peaklib.config import unknown
from peaklib.errors import ConfigError, PeakError
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.history import Call, why
from peaklib.llm.roles import PRIMARY
from peaklib.llm.router import Router
from peaklib.llm.settings import Limit, Settings
from peaklib.llm.standin import StandIn
from peaklib.llm.standin.faults import HEALTHY, find_fault

if TYPE_CHECKING:
    from peaklib.llm.settings import Row

DEADLINE_S: Final = 2.0
"""How long a row of a rehearsal may take, in seconds; real calls wait as budgets.toml says."""
_RUN: Final = "rehearsal"
_MESSAGES: Final = ({"role": "user", "content": "This is a rehearsal: answer anything."},)
_SCHEMA: Final = {
    "type": "object",
    "properties": {"note": {"type": "string"}},
    "required": ["note"],
    "additionalProperties": False,
}
# Its own limits never end a rehearsal; those of layer, run and phase hold as always.
_PLENTY: Final = 10**15

Fail = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Rehearsal:
    """What a call would do if its services failed like this.

    Args:
        call: every step, out of the ledger that the router wrote.
        text: of the answer; None if there was none.
        error: what the caller got instead.
        requests: that reached the stand-in.
    """

    call: Call
    text: str | None
    error: PeakError | None
    requests: int

    def decisions(self) -> tuple[str, ...]:
        """What the router did after each step, in a few words."""
        steps = self.call.steps
        after = [
            "asks again" if now.row == then.row else "falls back" for now, then in pairwise(steps)
        ]
        return (*after, "answers" if self.error is None else "aborts")


def rehearse(
    settings: Settings,
    layer: str,
    role: str = PRIMARY,
    fail: Fail | None = None,
    *,
    deadline_s: float = DEADLINE_S,
    clock: Clock = utc_now,
) -> Rehearsal:
    """Make one call to a stand-in on this machine and see which way it takes.

    Nothing of the project is touched: ledger, budgets and state lie in a folder that is gone
    afterwards. No variable of the environment is read; models are switched on for this call only.

    Args:
        settings: of `configs/ai`, in the profile dev.
        layer: `L0` … `L4`.
        role: `primary` or `critic`.
        fail: by name of the row, such as `fallback1`, the fault that its service has, always or
            in turn; rows that are left out are well.
        deadline_s: of each row.
        clock: of the ledger.

    Raises:
        ConfigError: no such layer, role, row or fault, or a fault of the other API.
        PolicyViolation: a layer that no model serves.
    """
    faults = _by_model(settings.chain(layer, role), layer, role, fail or {})
    budget = Limit(_PLENTY, _PLENTY, _PLENTY, deadline_s)
    with (
        TemporaryDirectory(prefix="peak-rehearsal-") as folder,
        StandIn(faults=faults, polls=1) as standin,
    ):
        environ = {"AI_ENABLED": "1", "AI_ARMED": "1", "AI_LOCAL_URL": standin.url}
        runs, text, problem = Path(folder), None, None
        with Router(settings, environ=environ, runs=runs, clock=clock) as router:
            try:
                text = router.call(
                    layer,
                    role,
                    _MESSAGES,
                    response_schema=_SCHEMA,
                    run_id=_RUN,
                    prompt_version=_RUN,
                    budget=budget,
                ).text
            except PeakError as error:
                problem = error
        (call,) = why(Ledger(runs / "ledger.jsonl"), _RUN).calls
    return Rehearsal(call, text, problem, len(standin.seen))


def _by_model(
    rows: "Sequence[Row]", layer: str, role: str, fail: Fail
) -> dict[str, str | list[str]]:
    """Faults by model; where two rows ask for one model, they come in the order of the rows."""
    names = [row.name for row in rows]
    problems = [unknown("row", name, names) for name in fail if name not in names]
    by_model: dict[str, list[tuple[str, ...] | str]] = {}
    for row in rows:
        given = fail.get(row.name, HEALTHY)
        problems += _unfit(row, (given,) if isinstance(given, str) else given)
        by_model.setdefault(row.model_id, []).append(
            given if isinstance(given, str) else tuple(given)
        )
    if problems:
        raise ConfigError(f"rehearsal of {layer} {role}", problems)
    return {model: _joined(given) for model, given in by_model.items()}


def _joined(given: Sequence[Any]) -> str | list[str]:
    if len(given) == 1:
        return given[0] if isinstance(given[0], str) else list(given[0])
    return [name for each in given for name in ((each,) if isinstance(each, str) else each)]


def _unfit(row: "Row", names: Sequence[str]) -> list[str]:
    """What is wrong with the faults of a row."""
    problems = []
    for name in names:
        try:
            fault = find_fault(name)
        except PeakError as error:
            problems.append(f"{row.name}: {error}")
            continue
        if fault is not None and fault.api not in ("both", row.api):
            problems.append(
                f"{row.name}: fault {name!r} is of the {fault.api} API, and {row.service} is "
                f"asked by the {row.api} API"
            )
    return problems
