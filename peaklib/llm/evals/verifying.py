"""Whether an eval makes its model a verified one, and the lock's entry that says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from peaklib.errors import ConfigError, EvidenceError, PolicyViolation
from peaklib.evidence import Registry, SealedRun
from peaklib.evidence.checks.verify import refuse_altered
from peaklib.llm.evals.kept import Kept
from peaklib.llm.evals.results import read_eval
from peaklib.llm.evals.summary import Summary
from peaklib.llm.evals.thresholds import Thresholds, missed
from peaklib.llm.roles import Outcome
from peaklib.llm.session.prompts import load_prompt
from peaklib.llm.settings import LockEntry, Settings
from peaklib.llm.settings.lock import Lock

# What scoring the kept answers again has to give, as the run recorded it.
_COUNTS: Final = ("cases", "asked", "passed", "answered", "violations", "cost_micro_eur")


@dataclass(frozen=True)
class Examined:
    """An eval that was held against what its layer demands.

    Args:
        run: of the eval.
        layer: that was measured.
        service: `provider:model_id`.
        summary: of its cases, scored again.
        missing: what keeps the model from being verified, one sentence each.
        entry: for the lock; None if something is missing.
    """

    run: SealedRun
    layer: str
    service: str
    summary: Summary
    missing: tuple[str, ...]
    entry: LockEntry | None


def examine(
    run: SealedRun,
    settings: Settings,
    thresholds: Mapping[str, Thresholds],
    *,
    signer: str,
    prompts: Path | None = None,
) -> Examined:
    """Whether an eval makes its model a verified one.

    The pack has to be what the ledger says, its answers are scored again, it has to have asked
    all cases of the layer as they are now, with the prompts as they are now, and every threshold
    has to be reached. An eval that a server on this machine answered gives an entry that counts
    for nothing in prod; one that was repeated from recorded replies gives none.

    Args:
        run: of kind `eval`.
        settings: of `configs/ai`.
        thresholds: by layer.
        signer: who vouches for it.
        prompts: folder; that of the project by default.

    Raises:
        EvidenceError: the run is none of an eval.
    """
    scored, kept, summary = read_eval(run)
    del scored
    config, record = run.config(), run.record()
    demanded = thresholds[config["layer"]]
    recorded = {name: record["metrics"].get(name) for name in _COUNTS}
    missing = [
        *_evidence(run, record["status"], recorded == {n: summary.metrics()[n] for n in _COUNTS}),
        *_model(config, settings),
        *_cases(config, summary, settings, prompts),
        *missed(demanded, summary),
    ]
    measured = datetime.fromisoformat(record["start"]).astimezone(UTC).date()
    provider, _, model_id = config["service"].partition(":")
    entry = LockEntry(
        layer=config["layer"],
        provider=provider,
        model_id=model_id,
        score=summary.passed / max(1, summary.asked),
        threshold=demanded.min_pass,
        eval_digest=config["eval_digest"],
        measured_on=measured,
        signer=signer,
        endpoint="provider" if _all_by_provider(kept) else "local",
        cases=summary.cases,
        cost_micro_eur=summary.cost_micro_eur,
        budget_micro_eur=demanded.max_cost_micro_eur_per_case * summary.cases,
        snapshots=accepted_names(kept, model_id),
    )
    return Examined(
        run,
        config["layer"],
        config["service"],
        summary,
        tuple(missing),
        None if missing else entry,
    )


def with_entries(lock: Lock, entries: Sequence[LockEntry]) -> list[LockEntry]:
    """The entries of a lock, those about the same layer and model replaced by new ones.

    Args:
        lock: the present one.
        entries: new ones; of several about the same, the last counts.
    """
    new = {(each.layer, each.provider, each.model_id): each for each in entries}
    kept = [e for e in lock.entries if (e.layer, e.provider, e.model_id) not in new]
    return [*kept, *new.values()]


def _evidence(run: SealedRun, status: str, scores_as_recorded: bool) -> Iterator[str]:
    try:
        refuse_altered(run.folder, root=Registry(run.runs).root_of(run.run_id))
    except EvidenceError as error:
        yield str(error)
    if status != "completed":
        yield f"the run is {status}; measure again"
    if not scores_as_recorded:
        yield "its answers score otherwise with the checks of today; measure again"


def _model(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    provider, _, model_id = config["service"].partition(":")
    try:
        settings.gate().check(provider, model_id)
    except PolicyViolation as violation:
        yield str(violation)
    if config["source"] == "replay":
        yield "its replies were repeated from a file; verify the run that recorded them"


def _cases(
    config: Mapping[str, Any], summary: Summary, settings: Settings, prompts: Path | None
) -> Iterator[str]:
    layer = config["layer"]
    if not config["whole"]:
        yield f"only {summary.cases} of the layer's cases were asked; leave out --cases"
    if summary.asked < summary.cases:
        yield f"{summary.cases - summary.asked} of {summary.cases} cases were not asked"
    if config["eval_digest"] != settings.demands[layer].eval_digest:
        yield f"tests/evals/{layer} has changed since; measure again"
    for name, digest in config["prompts"].items():
        try:
            changed = load_prompt(name, prompts).digest != digest
        except ConfigError:
            changed = True
        if changed:
            yield f"configs/ai/prompts/{name}.toml has changed since; measure again"


def accepted_names(kept: Sequence[Kept], model_id: str) -> tuple[str, ...]:
    """Names besides its own under which a model's replies came; that of a refused reply is none.

    Args:
        kept: cases of the eval.
        model_id: that was asked.
    """
    names = {each.returned for each in kept if each.outcome == Outcome.OK.value}
    return tuple(sorted(names - {"", model_id}))


def _all_by_provider(kept: Sequence[Kept]) -> bool:
    return bool(kept) and all(each.endpoint == "provider" for each in kept)
