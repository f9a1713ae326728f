"""`peak llm verify`: models that passed their evals go into the lock."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from peaklib.cli.llm_words import write
from peaklib.cli.show import console, next_step

if TYPE_CHECKING:
    from peaklib.llm.evals import Examined
    from peaklib.llm.settings import LockEntry
    from peaklib.llm.settings.lock import Lock


@click.command("verify")
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@click.option("--signer", required=True, help="Who vouches for it; stands in lock and ledger.")
@click.option(
    "--lock",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another lock.  [default: configs/ai/verified_models.lock]",
)
@click.option("--reason", default="", help="Why, for the ledger.")
def command(run_ids: tuple[str, ...], signer: str, path: Path | None, reason: str) -> None:
    """Put the models of some evals into the lock of verified models.

    A model is verified if its eval asked all cases of the layer as they are now, reached the
    thresholds of configs/ai/evals.toml and its evidence holds. If one of the RUNs falls short,
    nothing is written. The lock before is kept: `peak llm rollback`.

    \b
    Examples:
      peak llm verify 20261121_120000_abcdef --signer ada

    Exit status: 0 the lock is written, 1 a model falls short, 2 a file is wrong.
    """
    from peaklib.cli.project import find_project
    from peaklib.llm.settings import lock

    project = find_project()
    own = project / "configs" / "ai" / lock.FILE
    place = path or own
    if not signer.strip() or not signer.isprintable():
        raise click.BadParameter("is empty; name who vouches for it", param_hint="--signer")
    examined = _examined(run_ids, signer.strip())
    for each in examined:
        _show(each)
    entries = [each.entry for each in examined if each.entry is not None]
    if len(entries) < len(examined):
        write("the lock was left as it is")
        raise SystemExit(1)
    after = _write(place, entries, signer.strip(), reason, own=place.resolve() == own.resolve())
    console.print(
        f"{place.name} is {after.digest[:12]} now, {len(after.entries)} models; commit it",
        soft_wrap=True,
    )
    next_step("peak config-lint --profile prod")


def _examined(run_ids: Sequence[str], signer: str) -> "list[Examined]":
    from peaklib.evidence import home, open_run
    from peaklib.llm.evals import examine, read_thresholds
    from peaklib.llm.evals.thresholds import FILE
    from peaklib.llm.settings import load_settings

    settings = load_settings(today=datetime.now(UTC).date())
    demanded = read_thresholds(home() / FILE)
    return [examine(open_run(name), settings, demanded, signer=signer) for name in run_ids]


def _show(examined: "Examined") -> None:
    summary, entry = examined.summary, examined.entry
    sign = "✕" if entry is None else "✓"
    score = summary.pass_at_1.value or 0.0
    write(
        f"{sign} {examined.layer} {examined.service}: {summary.passed} of {summary.asked} cases, "
        f"{score:.3f}"
    )
    for text in examined.missing:
        write(text, 4)
    if entry is not None and entry.endpoint == "local":
        write("a server on this machine answered, so it verifies nothing in prod", 4)


def _write(
    path: Path, entries: "Sequence[LockEntry]", signer: str, reason: str, *, own: bool
) -> "Lock":
    """Replace the lock, the ledger first: a change that nobody could record is not made."""
    from peaklib.evidence import Ledger, runs_folder
    from peaklib.llm.evals import with_entries
    from peaklib.llm.settings import lock, recorded

    before = lock.read_lock(path) if path.exists() else lock.Lock("", "", ())
    wanted = with_entries(before, entries)
    with TemporaryDirectory(prefix="peak-lock-") as folder:
        draft = Path(folder) / path.name
        if path.exists():
            shutil.copyfile(path, draft)
        after = lock.write_lock(draft, wanted)
    Ledger(runs_folder() / "ledger.jsonl").append(
        recorded.EVENT,
        lock.change(
            "verify", before, after, by=signer, reason=reason, elsewhere=None if own else path
        ),
    )
    return lock.write_lock(path, wanted)
