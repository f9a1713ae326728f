"""What must hold of a folder of runs after any crash."""

from collections import Counter
from pathlib import Path

from peaklib.evidence import (
    Checkpoint,
    Query,
    Registry,
    Row,
    SealedRun,
    open_pack,
    recover,
    verify_pack,
)


class Store:
    """A project's runs and what their writers acknowledged; packs are verified once each.

    Args:
        folder: of the test.
    """

    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self.registry = Registry(self.runs)
        self.said = folder / "said"
        for name in ("said", "configs", "notebooks"):
            (folder / name).mkdir()
        self.left: Counter[str] = Counter()
        self._verified: set[str] = set()

    def assert_sound(self) -> None:
        """Nothing is half or lost before anybody mends it, and nothing is left behind then."""
        self.assert_whole()
        self._assert_acknowledged()
        self.left.update(leftover.kind for leftover in self.registry.leftovers())
        self.mend()

    def assert_whole(self) -> None:
        """The ledger verifies, and so does every pack, whether or not it has its line."""
        self._assert_ledger()
        roots = self.registry.roots()
        for pack in self.packs():
            report = verify_pack(pack.folder, root=pack.root)
            assert report.ok, report.failed
            assert roots.get(pack.run_id, pack.root) == pack.root
        assert {row.run_id for row in self.rows()} == {*roots}

    def rows(self) -> list[Row]:
        """All runs by the index, deleted ones too."""
        return self.registry.select(Query(include_deleted=True))

    def mend(self) -> None:
        """Recover; then no leftover is there, and every pack stands in ledger and index."""
        done = recover(self.registry, clean=True)
        unsettled = [r for r in done if not r.is_settled and r.leftover.kind != "torn"]
        assert unsettled == []
        assert [one for one in self.registry.leftovers() if one.kind != "torn"] == []
        assert list((self.runs / ".staging").glob("*")) == []
        published = [event.data["run_id"] for event in self.registry.ledger.events("publish")]
        assert len(published) == len(set(published))
        assert {row.run_id for row in self.rows()} == {*published}
        roots = self.registry.roots()
        for pack in self.packs():
            assert verify_pack(pack.folder, root=roots[pack.run_id]).ok
            self._verified.add(pack.run_id)

    def packs(self) -> list[SealedRun]:
        """Published folders that were not verified before."""
        names = {path.name for path in self.runs.glob("[0-9]*")} - self._verified
        return [open_pack(self.runs / name) for name in sorted(names)]

    def forget(self) -> None:
        """Verify everything once more."""
        self._verified.clear()

    def _assert_ledger(self) -> None:
        anchors = [Checkpoint.from_json(pack.record()["anchor"]) for pack in self.packs()]
        problems = self.registry.ledger.verify(anchors).problems
        assert [line for line in problems if not line.startswith("torn last line")] == []

    def _assert_acknowledged(self) -> None:
        events = [*self.registry.ledger.events()]
        known = {
            "event": {str(event.seq) for event in events if event.event == "page"},
            "run": {event.data["run_id"] for event in events if event.event == "publish"},
            "deleted": {event.data["run_id"] for event in events if event.event == "delete"},
        }
        for path in self.said.iterdir():
            for line in path.read_text("utf-8").splitlines():
                what, name = line.split()
                assert name in known[what], line
                assert what != "deleted" or not (self.runs / name).exists(), line
                assert what != "run" or name in known["deleted"] or (self.runs / name).is_dir(), (
                    line
                )
            path.unlink()
