"""Two evals of the same layer, case by case: what fails now, what passes now, and by how much."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from peaklib.errors import DataError
from peaklib.evidence import SealedRun
from peaklib.llm.evals.intervals import mcnemar
from peaklib.llm.evals.results import read_eval
from peaklib.llm.evals.scoring import Scored

SCHEMA: Final = "peak-eval-baseline/1"
What = Literal["fails now", "passes now", "fails elsewhere", "new", "gone"]
_HEAD: Final = ("layer", "service", "source", "eval_digest")
# What a reader looks for first.
_ORDER: Final[tuple[What, ...]] = ("fails now", "passes now", "fails elsewhere", "new", "gone")


@dataclass(frozen=True)
class Baseline:
    """The scores of an eval, without its answers.

    Args:
        layer: that was measured.
        service: `provider:model_id`.
        source: who answered, see `peaklib.llm.evals.plan.SOURCES`.
        eval_digest: of the layer's cases as they were.
        cases: checks that each asked case did not pass, by id; none if it passed.
    """

    layer: str
    service: str
    source: str
    eval_digest: str
    cases: Mapping[str, tuple[str, ...]]

    def to_bytes(self) -> bytes:
        """As a file: a line a case, so that a change can be read in a review."""
        head = {"schema": SCHEMA, **{name: getattr(self, name) for name in _HEAD}}
        lines = [
            f"  {json.dumps(case)}: {json.dumps(list(failed))}"
            for case, failed in sorted(self.cases.items())
        ]
        top = "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items())
        return ("{\n" + top + ' "cases": {\n' + ",\n".join(lines) + "\n }\n}\n").encode()


@dataclass(frozen=True)
class Change:
    """A case that went otherwise.

    Args:
        case: its id.
        what: became of it.
        failed: checks that it does not pass now; those of before if it is gone.
    """

    case: str
    what: What
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two evals, on the cases that both asked.

    Args:
        changes: newly failing cases first.
        common: cases that both asked.
        before, now: of these, how many passed.
        p_value: how probable so uneven a change is without any difference, see `mcnemar`.
        same_cases: whether the files of cases are the same, byte for byte.
    """

    changes: tuple[Change, ...]
    common: int
    before: int
    now: int
    p_value: float
    same_cases: bool

    @property
    def difference(self) -> float | None:
        """Of the shares that passed, now less before; None if there is no common case."""
        return (self.now - self.before) / self.common if self.common else None


def baseline_of(config: Mapping[str, Any], scored: Sequence[Scored]) -> Baseline:
    """The baseline that an eval makes.

    Args:
        config: of its run.
        scored: its cases; those that were not asked are left out.
    """
    cases = {
        each.case_id: tuple(failure.check for failure in each.failures)
        for each in scored
        if each.asked
    }
    return Baseline(cases=cases, **{name: config[name] for name in _HEAD})


def baseline_of_run(run: SealedRun) -> Baseline:
    """The baseline that a published eval makes.

    Raises:
        EvidenceError: the run is none of an eval.
    """
    scored, _, _ = read_eval(run)
    return baseline_of(run.config(), scored)


def read_baseline(path: Path) -> Baseline:
    """A baseline from its file.

    Raises:
        DataError: the file cannot be read, or is no baseline.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema is {content['schema']!r}, not {SCHEMA!r}")
        cases = {str(case): tuple(failed) for case, failed in content["cases"].items()}
        return Baseline(cases=cases, **{name: str(content[name]) for name in _HEAD})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"baseline {path}: {type(error).__name__}: {error}; write one by "
            "`peak eval --save-baseline`"
        ) from None


def compare(before: Baseline, now: Baseline) -> Comparison:
    """What has changed between two evals of a layer.

    Args:
        before: the older one.
        now: the newer one.

    Raises:
        DataError: they are of different layers.
    """
    if before.layer != now.layer:
        raise DataError(
            f"a baseline of {before.layer} says nothing about {now.layer}; name another"
        )
    changes = [
        Change(case, what, now.cases.get(case, before.cases.get(case, ())))
        for case in sorted(before.cases.keys() | now.cases.keys())
        if (what := _what(before.cases.get(case), now.cases.get(case))) is not None
    ]
    common = before.cases.keys() & now.cases.keys()
    counts = {name: sum(change.what == name for change in changes) for name in _ORDER}
    return Comparison(
        tuple(sorted(changes, key=lambda change: (_ORDER.index(change.what), change.case))),
        len(common),
        sum(not before.cases[case] for case in common),
        sum(not now.cases[case] for case in common),
        mcnemar(counts["fails now"], counts["passes now"]),
        before.eval_digest == now.eval_digest,
    )


def _what(before: tuple[str, ...] | None, now: tuple[str, ...] | None) -> What | None:
    if before is None:
        return "new"
    if now is None:
        return "gone"
    if bool(before) != bool(now):
        return "fails now" if now else "passes now"
    return None if before == now else "fails elsewhere"
