"""What is tried on a small file system of its own, which `test_faults_disk.py` mounts."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from evidence.faults.stores import Store
from evidence.faults.workers import seal_one

from peaklib.errors import EvidenceError
from peaklib.evidence import Query, RunSpec, create_run, open_run, recover, verify_pack

PAGE = os.sysconf("SC_PAGE_SIZE")


def fill(folder: Path) -> None:
    """Try to seal a run with room for 0, 1, 2, … pages, until it fits."""
    store, ballast = Store(folder), folder / "ballast"
    seal_one(store.runs, 0)
    for room in count():
        with ballast.open("wb") as file:
            free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            os.posix_fallocate(file.fileno(), 0, free - room * PAGE)
        error = refused(seal_one, store.runs, room)
        store.assert_whole()
        ballast.unlink()
        found = [one for one in store.registry.leftovers() if one.kind != "temporary"]
        left = [(one.kind, str(one.path)) for one in found]
        store.assert_sound()
        print(json.dumps({"error": error, "left": left}))
        if error is None:
            return


def read_only(folder: Path) -> None:
    """Ask and tell a store that cannot be written, with all that crashes leave in it."""
    store = Store(folder)
    for number in range(2):
        seal_one(store.runs, number)
    crash_before_the_line(store.runs)
    create_run(RunSpec("test", {}), runs=store.runs)
    gc.collect()
    registry, pack = store.registry, store.packs()[0]
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    tried: dict[str, Callable[[], object]] = {
        "select": lambda: registry.select(Query()),
        "row": lambda: registry.row(pack.run_id),
        "find": lambda: registry.find(pack.run_id[-6:]),
        "root_of": lambda: registry.root_of(pack.run_id),
        "best_points": lambda: registry.best_points("number", Query(), 3),
        "leftovers": registry.leftovers,
        "verify a pack": lambda: verify_pack(pack.folder, root=pack.root),
        "verify the ledger": registry.ledger.verify,
        "checkpoint": registry.ledger.checkpoint,
        "open a run": lambda: open_run(pack.run_id, runs=store.runs).content,
        "recover": lambda: recover(registry, clean=True),
        "create a run": lambda: create_run(RunSpec("test", {}), runs=store.runs),
        "append": lambda: registry.ledger.append("page", {}),
        "delete": lambda: registry.delete(pack.run_id, "no reason"),
        "rebuild": registry.index.rebuild,
    }
    for name, call in tried.items():
        print(json.dumps({"call": name, "error": refused(call)}))


def crash_before_the_line(runs: Path) -> None:
    """Leave a pack that the ledger does not know."""
    ledger = runs / "ledger.jsonl"
    away = ledger.rename(runs.parent / "ledger.away")
    ledger.mkdir()
    assert refused(seal_one, runs, 9) is not None
    ledger.rmdir()
    away.rename(ledger)


def refused(call: Callable[..., object], *arguments: object) -> str | None:
    """How it was refused, or None if it was not; nothing but an `EvidenceError` may be raised."""
    try:
        call(*arguments)
    except EvidenceError as error:
        said = str(error)
    else:
        return None
    gc.collect()  # a run that failed in this process lets go of its lock
    return said


if __name__ == "__main__":
    {"fill": fill, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))
