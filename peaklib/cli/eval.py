"""`peak eval`: how well a model does the work of a layer."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.evidence import SealedRun
    from peaklib.llm.evals import Baseline, EvalPlan

_MOST_AT_ONCE: Final = 16


@click.command("eval")
@click.option("--layer", required=True, help="L0 … L4.")
@click.option(
    "--model",
    metavar="PROVIDER:ID",
    help="An allowed model with a price.  [default: the layer's primary row]",
)
@click.option(
    "--cases", metavar="N|ID,…", help="The first N, or some by their ids.  [default: all]"
)
@click.option("--local", is_flag=True, help="A parrot on this machine answers: no key, no model.")
@click.option("--replay", metavar="RUN|FILE", help="Recorded replies answer, such as an eval's.")
@click.option(
    "--at-once",
    type=click.IntRange(1, _MOST_AT_ONCE),
    default=4,
    show_default=True,
    help="Cases asked at the same time.",
)
@click.option("--baseline", metavar="RUN|FILE", help="Say what changed since.")
@click.option(
    "--save-baseline",
    "saved",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep these scores as a baseline.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores for a script.")
def command(
    layer: str,
    model: str | None,
    cases: str | None,
    local: bool,
    replay: str | None,
    at_once: int,
    baseline: str | None,
    saved: Path | None,
    as_json: bool,
) -> None:
    """Ask a model all cases of a layer and score its answers by program.

    Asks the providers, which costs money and needs AI_ENABLED=1; --local and --replay ask nobody.
    Whatever answers is said everywhere. The run keeps cases, answers and calls, so `peak repro`
    scores it again. Budgets: [evals.LAYER] and [evals.day] of configs/ai/budgets.toml.

    \b
    Examples:
      peak eval --layer L2 --local
      peak eval --layer L2 --model google:gemini-2.5-flash --cases 5
      peak eval --layer L2 --baseline tests/evals/baselines/L2.json --local

    Exit status: 0 measured, 1 some cases could not be asked, 2 it cannot be measured like this,
    130 interrupted (what was done is kept).
    """
    from peaklib.cli.project import find_project

    if local and replay:
        raise click.UsageError("--local and --replay: only one of them can answer")
    find_project()
    before = _baseline(baseline) if baseline else None
    plan = _plan(layer, model, cases, local, replay)
    run = _measured(plan, at_once, as_json)
    _tell(plan, run, before, saved, as_json)
    status = run.record()["status"]
    if status != "completed":
        raise SystemExit(130 if status == "interrupted" else 1)


def _plan(
    layer: str, model: str | None, cases: str | None, local: bool, replay: str | None
) -> "EvalPlan":
    from peaklib.llm.evals import plan_eval
    from peaklib.llm.settings import load_settings

    file, recorded = _replies(replay) if replay else (None, None)
    return plan_eval(
        load_settings(today=datetime.now(UTC).date()),
        layer,
        model=model or recorded,
        cases=cases,
        parrot=local,
        replay=file,
        environ=os.environ,
    )


def _replies(replay: str) -> tuple[Path, str | None]:
    """File of recorded replies, and whose they are if an eval recorded them."""
    from peaklib.evidence import open_run
    from peaklib.llm.evals.kept import REPLIES

    if Path(replay).is_file():
        return Path(replay), None
    run = open_run(replay)
    return run.folder / "inputs" / REPLIES, run.config().get("service")


def _baseline(name: str) -> "Baseline":
    from peaklib.evidence import open_run
    from peaklib.llm.evals import baseline_of_run, read_baseline

    return read_baseline(Path(name)) if Path(name).is_file() else baseline_of_run(open_run(name))


def _measured(plan: "EvalPlan", at_once: int, as_json: bool) -> "SealedRun":
    from peaklib.cli.eval_text import Bar, announce
    from peaklib.llm.evals import measure

    # `kill` ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if as_json:
        return measure(plan, at_once=at_once)
    announce(plan)
    with Bar(console, len(plan.cases)) as bar:
        return measure(plan, at_once=at_once, listen=bar)


def _tell(
    plan: "EvalPlan",
    run: "SealedRun",
    before: "Baseline | None",
    saved: Path | None,
    as_json: bool,
) -> None:
    from peaklib.cli.eval_text import plain, show, show_comparison
    from peaklib.llm.evals import compare, read_eval
    from peaklib.llm.evals.baseline import baseline_of

    scored, kept, summary = read_eval(run)
    now = baseline_of(run.config(), scored)
    changes = compare(before, now) if before else None
    if saved:
        saved.write_bytes(now.to_bytes())
    if as_json:
        found: dict[str, Any] = plain(run, scored, kept, summary, changes)
        emit_json(found)
        return
    show(run, scored, kept, summary)
    if before and changes:
        show_comparison(before, changes)
    if saved:
        console.print(f"baseline  {saved}", soft_wrap=True)
    done = run.record()["status"] == "completed"
    # What a stand-in says verifies nothing, and would only be refused.
    full = done and plan.whole and plan.source == "provider"
    next_step(
        f"peak llm verify {run.run_id} --signer NAME" if full else f"peak runs show {run.run_id}"
    )
