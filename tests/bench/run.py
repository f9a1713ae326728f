"""`make bench`: `run_grid` beside vectorbt, on the same question, and `docs/benchmarks.md`.

Exit status: 0 when all bars are met, 1 when one is missed (the page is written all the same)
or when the comparison could not be made.
"""

import argparse
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from paired.bars import judge
from paired.environment import BenchError, peer_python
from paired.measure import measure
from paired.page import failures, page

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).with_name("peer-requirements.txt")


def main() -> int:
    """Measure, write the page, say which bars are missed."""
    parser = argparse.ArgumentParser(description="measure run_grid beside vectorbt")
    parser.add_argument("--repeats", type=int, default=5, help="warm grids of each side (5)")
    parser.add_argument("--date", default=str(date.today()), help="to print; today by default")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats: at least 1")
    try:
        python = peer_python(PINS, ROOT / "build" / "bench")
        with TemporaryDirectory(prefix="peak-bench-") as folder:
            measured = measure(python, Path(folder), options.repeats)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(page(measured, options.date), encoding="utf-8")
    bars = judge(measured)
    for bar in bars:
        print(f"  {bar.what:42} {bar.required:>10}   {bar.measured}")
    missed = failures(bars)
    if measured.mismatch:
        missed.insert(0, f"results differ: {measured.mismatch}")
    print(*missed, sep="\n", end="\n" if missed else "", file=sys.stderr)
    print(f"wrote {options.page}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
