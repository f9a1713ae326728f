"""`make bench`: grids, evidence, features and labels, luck, risk, models; `docs/benchmarks.md`.

Exit status: 0 when all bars are met, 1 when one is missed (the page is written all the same)
or when a measurement could not be made (its chapter stays as it was).
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from chapters.errors import BenchError
from chapters.page import Chapter, compose

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).with_name("peer-requirements.txt")
LABELS_PINS = Path(__file__).with_name("labels-peer-requirements.txt")
LLM_PINS = Path(__file__).with_name("llm-peer-requirements.txt")
# On the disk of the project, as its runs are; the system's temporary files may lie in memory.
SCRATCH = ROOT / "build" / "bench"


def grids(options: argparse.Namespace) -> Chapter:
    """`run_grid` beside vectorbt, on the same question."""
    from paired.chapter import chapter
    from paired.environment import peer_python
    from paired.measure import measure

    python = peer_python(PINS, SCRATCH)
    with TemporaryDirectory(prefix="grids-", dir=SCRATCH) as folder:
        return chapter(measure(python, Path(folder), options.repeats), options.date)


def evidence(options: argparse.Namespace) -> Chapter:
    """What packs, ledger and registry cost."""
    from costs.chapter import chapter
    from costs.measure import measure

    with TemporaryDirectory(prefix="evidence-", dir=SCRATCH) as folder:
        return chapter(measure(Path(folder)), options.date)


def features(options: argparse.Namespace) -> Chapter:
    """Features and labels beside finmlkit and the bare work in them."""
    from paired.environment import peer_python
    from research.chapter import chapter
    from research.measure import measure
    from research.sizes import Sizes

    python = peer_python(LABELS_PINS, SCRATCH / "labels")
    with TemporaryDirectory(prefix="features-", dir=SCRATCH) as folder:
        return chapter(measure(python, Path(folder), Sizes()), options.date)


def luck(options: argparse.Namespace) -> Chapter:
    """Intervals beside arch, selections, the report of a large sweep, the explorer."""
    from luck.chapter import chapter
    from luck.measure import measure
    from luck.sizes import Sizes

    with TemporaryDirectory(prefix="luck-", dir=SCRATCH) as folder:
        return chapter(measure(Path(folder), Sizes()), options.date)


def risk(options: argparse.Namespace) -> Chapter:
    """Measures beside NumPy, decisions of the gate, allocations beside skfolio."""
    from risk.chapter import chapter
    from risk.measure import measure
    from risk.sizes import Sizes

    return chapter(measure(Sizes()), options.date)


def models(options: argparse.Namespace) -> Chapter:
    """Routed calls beside the bare SDK, and beside LiteLLM's Router."""
    from models.chapter import chapter
    from models.measure import measure
    from models.sizes import Sizes
    from paired.environment import peer_python

    python = peer_python(LLM_PINS, SCRATCH / "llm")
    with TemporaryDirectory(prefix="models-", dir=SCRATCH) as folder:
        return chapter(measure(python, Path(folder), Sizes()), options.date)


MEASUREMENTS: Mapping[str, Callable[[argparse.Namespace], Chapter]] = {
    "grids": grids,
    "evidence": evidence,
    "features": features,
    "luck": luck,
    "risk": risk,
    "models": models,
}


def main() -> int:
    """Measure, write the page, say which bars are missed."""
    options = _options()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    status = 0
    for name in [options.only] if options.only else MEASUREMENTS:
        try:
            chapter = MEASUREMENTS[name](options)
        except BenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
            continue
        _write(options.page, chapter)
        _show(chapter)
        print(f"wrote the chapter on {name} to {options.page}")
        if chapter.problems():
            status = 1
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="measure, chapter by chapter, and write the page")
    parser.add_argument("--only", choices=[*MEASUREMENTS], help="one chapter; the others stay")
    parser.add_argument("--repeats", type=int, default=5, help="warm grids of each side (5)")
    parser.add_argument("--date", default=str(date.today()), help="to print; today by default")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats: at least 1")
    return options


def _write(page: Path, chapter: Chapter) -> None:
    """Put a chapter on the page at once: the next measurement takes minutes, and may fail."""
    page.parent.mkdir(parents=True, exist_ok=True)
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    page.write_text(compose(before, [chapter]), encoding="utf-8")


def _show(chapter: Chapter) -> None:
    for bar in chapter.bars:
        print(f"  {bar.what:42} {bar.required:>10}   {bar.measured}")
    for problem in chapter.problems():
        print(problem, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
