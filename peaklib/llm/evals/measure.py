"""Makes an eval: asks, keeps what came, scores it, and publishes all of it as a run."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from peaklib.errors import PeakError
from peaklib.evidence import Clock, OpenRun, RunSpec, SealedRun, create_run, runs_folder, utc_now
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.llm.evals.asking import AT_ONCE, Asking, Listener, PatientRouter
from peaklib.llm.evals.kept import Kept
from peaklib.llm.evals.plan import OFFLINE, SOURCES, EvalPlan
from peaklib.llm.evals.results import keep_cases, keep_ledger, keep_results
from peaklib.llm.routing.switches import ENABLED
from peaklib.llm.settings.budgets import EVALS
from peaklib.llm.settings.settings import LOCAL_URL
from peaklib.llm.standin import StandIn, parrot, recorded

KIND: Final = "eval"
"""Kind of the runs."""


def measure(
    plan: EvalPlan,
    *,
    environ: Mapping[str, str] | None = None,
    runs: Path | None = None,
    at_once: int = AT_ONCE,
    listen: Listener = lambda case, reply, problem: None,
    clock: Clock = utc_now,
) -> SealedRun:
    """Ask all cases of a plan and publish what came of it as a run of kind `eval`.

    A case that could not be asked, after Ctrl-C or without a budget, is kept as not asked; then
    the run is no completed one. Ctrl-C ends the asking, not this function: the run that it
    returns is `interrupted`.

    Args:
        plan: what is asked, and who answers.
        environ: switches and keys; those of the process by default.
        runs: folder of runs; the project's by default.
        at_once: calls at the same time.
        listen: told of each case that ended.
        clock: of run and ledger.

    Raises:
        EvidenceError: the run, or a line about a call, cannot be written.
    """
    known = os.environ if environ is None else environ
    place = runs or runs_folder()
    run = create_run(RunSpec(KIND, plan.config()), runs=place, clock=clock)
    hidden = Secrets.known(known)
    try:
        run.note(f"Who answered: {SOURCES[plan.source]}.")
        keep_cases(run, plan, hidden)
        with _router(plan, known, place, clock) as router:
            asking = Asking(
                router,
                plan.row,
                run.run_id,
                plan.questions,
                at_once=at_once,
                listen=listen,
            )
            problem = _asked(asking, router)
            kept = [_clean(each, hidden) for each in asking.kept()]
            keep_ledger(run, router.ledger)
        keep_results(run, plan.config(), kept)
    except BaseException as error:
        status = "failed" if isinstance(error, Exception) else "interrupted"
        run.seal(status, f"{type(error).__name__}: {error}".removesuffix(": "))
        raise
    return _sealed(run, problem, asking.stopped)


def _asked(asking: Asking, router: PatientRouter) -> BaseException | None:
    """Ask, then close the router; what ended it early, so that what is done can be kept."""
    try:
        asking.run()
    except (KeyboardInterrupt, PeakError) as problem:
        return problem
    finally:
        router.close()
    return None


def _sealed(run: OpenRun, problem: BaseException | None, stopped: str) -> SealedRun:
    if problem is None:
        return run.seal("failed", f"stopped early: {stopped}") if stopped else run.seal()
    if isinstance(problem, KeyboardInterrupt):
        return run.seal("interrupted", "KeyboardInterrupt")
    run.seal("failed", f"{type(problem).__name__}: {problem}")
    raise problem


def _clean(kept: Kept, hidden: Secrets) -> Kept:
    """Without secrets: the answer is scored as it is kept, so that it scores the same again."""
    text = None if kept.text is None else hidden.text(kept.text)
    return replace(kept, text=text, reason=hidden.text(kept.reason))


@contextmanager
def _router(
    plan: EvalPlan, environ: Mapping[str, str], runs: Path, clock: Clock
) -> Iterator[PatientRouter]:
    """The router that asks; of an offline eval one whose ledger and budgets are thrown away."""
    options: dict[str, Any] = {"phase": EVALS, "clock": clock}
    if plan.source not in OFFLINE:
        yield PatientRouter(plan.settings, environ=environ, runs=runs, **options)
        return
    answer: Callable[..., Any] = recorded(plan.replay) if plan.replay else parrot
    with TemporaryDirectory(prefix="peak-eval-") as folder, StandIn(answer, polls=1) as standin:
        here = {ENABLED: "1", LOCAL_URL: standin.url}
        yield PatientRouter(plan.settings, environ=here, runs=Path(folder), **options)
