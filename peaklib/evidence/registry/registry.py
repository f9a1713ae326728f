"""One folder of runs: its ledger, its index, and what is asked of them.

The truth is the packs and the ledger. The index only makes answers quick, and a root hash
is always read from the ledger itself.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.files import sha256_of
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import Event
from peaklib.evidence.pack import STAGING
from peaklib.evidence.places import runs_folder
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.registry.best import Point, best_points
from peaklib.evidence.registry.index import Index
from peaklib.evidence.registry.leftovers import DELETED_MARK, Leftover, find_leftovers
from peaklib.evidence.registry.query import Query, Row

_LOG: Final = logging.getLogger(__name__)
_SHOWN: Final = 8


@dataclass(frozen=True)
class Ref:
    """What a reader means by `RUN` or `RUN:N`.

    Args:
        run_id: full id.
        point: number of a grid point of the run, or None for the run itself.
    """

    run_id: str
    point: int | None = None

    def __str__(self) -> str:
        return self.run_id if self.point is None else f"{self.run_id}:{self.point}"


class Registry:
    """Everything that is known of the runs of one folder.

    Args:
        runs: the folder; that of the project by default. It need not exist.
        clock: for new lines of the ledger.
    """

    def __init__(self, runs: Path | None = None, clock: Clock = utc_now) -> None:
        self.runs = runs or runs_folder()
        self._clock = clock
        self.ledger = Ledger(self.runs / "ledger.jsonl", clock)
        self.index = Index(self.runs / "index.sqlite", self.ledger)

    def select(self, query: Query) -> list[Row]:
        """Runs that a query asks for, in its order."""
        return self.index.select(query) if self._has_ledger() else []

    def ids(self, query: Query) -> list[str]:
        """Only the ids of the runs that a query asks for; quick for very many."""
        return self.index.ids(query) if self._has_ledger() else []

    def short_ids(self, run_ids: Sequence[str]) -> dict[str, str]:
        """What is typed for each of these runs: the end of its id, if no other run has it."""
        ends = {run_id: run_id.rpartition("_")[2] for run_id in run_ids}
        counts = self.index.ends(sorted(set(ends.values()))) if self._has_ledger() else {}
        return {id_: end if counts.get(end) == 1 else id_ for id_, end in ends.items()}

    def metric_names(self) -> list[str]:
        """All metrics that any run or grid has, sorted."""
        return self.index.metric_names() if self._has_ledger() else []

    def row(self, run_id: str) -> Row:
        """What the index knows of a run, deleted or not.

        Raises:
            EvidenceError: the ledger has no run of that id.
        """
        found = self.index.row(run_id) if self._has_ledger() else None
        if found is None:
            raise self._unknown(run_id)
        return found

    def find(self, text: str) -> Ref:
        """The run, or the grid point of a run, that a short text stands for.

        Args:
            text: a full id, the beginning of an id, or an end of six digits or its
                beginning; with `:N`, the grid point of that number.

        Raises:
            EvidenceError: the text stands for no run or for several, which are listed, or
                the run has no such point.
        """
        name, colon, number = text.partition(":")
        found = self._matching(name)
        if not found:
            raise self._unknown(name)
        if len(found) > 1:
            more = " and more" if len(found) > _SHOWN else ""
            raise EvidenceError(
                f"{name!r} stands for several runs: {', '.join(found[:_SHOWN])}{more}; "
                "type more of the id"
            )
        return self._point(found[0], number) if colon else Ref(found[0])

    def root_of(self, run_id: str) -> str | None:
        """Root hash that the ledger's first publish line of a run holds; None without a line.

        A warning is logged for a second line of the run that says something else.
        """
        lines = iter(self._publications(run_id))
        first = next(lines, None)
        if first is None:
            return None
        root: str = first["data"]["root"]
        for again in lines:
            if again["data"]["root"] != root:
                _LOG.warning(
                    "run %s was published again with another root hash by event %s of the "
                    "ledger; the first counts",
                    run_id,
                    again["seq"],
                )
        return root

    def roots(self) -> dict[str, str]:
        """Root hashes of all runs, from one pass over the ledger."""
        found: dict[str, str] = {}
        for event in self.ledger.events("publish"):
            found.setdefault(event.data["run_id"], event.data["root"])
        return found

    def record_publication(self, data: Mapping[str, Any]) -> Event:
        """Append a publish line, and let the index follow.

        Returns:
            The event; it is on the disk.

        Raises:
            EvidenceError: the line was not written.
        """
        event = self.ledger.append("publish", data)
        self._follow()
        return event

    def record_page(self, page: Path, runs: Sequence[str], tables: Sequence[Path] = ()) -> Event:
        """Append a line that vouches for a page.

        Args:
            page: the file.
            runs: what it shows; the first is the one to look at first.
            tables: files that were written with it.
        """
        files = [{"name": path.name, "sha256": sha256_of(path)} for path in tables]
        data = {"page": page.name, "sha256": sha256_of(page), "tables": files}
        return self.ledger.append("page", {**data, "run_id": runs[0], "runs": list(runs)})

    def delete(self, run_id: str, reason: str) -> None:
        """Take a run away: a line in the ledger that says why, then its folder.

        A run whose folder is gone already gets its line; one whose line was written by a
        deletion that did not come to its end loses its folder.

        Raises:
            EvidenceError: no such run, no reason, or the run is deleted already.
        """
        row = self.row(run_id)
        folder = self.runs / run_id
        if not reason.strip():
            raise EvidenceError(
                f"run {run_id} is not deleted without a reason; the ledger keeps it"
            )
        if row.deleted is not None and not folder.exists():
            raise EvidenceError(f"run {run_id} is deleted already: {row.deleted}")
        if row.deleted is None:
            said = Secrets.known(os.environ).text(reason)
            self.ledger.append("delete", {"run_id": run_id, "reason": said})
            self._follow()
        self._remove(folder)

    def best_points(
        self, metric: str, query: Query, limit: int, higher: bool = True
    ) -> list[Point]:
        """The best grid points of the runs of a query; see `best.best_points`."""
        if not self._has_ledger():
            return []
        return best_points(self.runs, self.index, metric, query, limit, higher)

    def leftovers(self) -> list[Leftover]:
        """What crashes left in this folder; see `leftovers.Leftover`."""
        return find_leftovers(self.runs, self.ledger, self._clock())

    def _remove(self, folder: Path) -> None:
        """Move a folder out of sight first, so that nobody sees half of it."""
        away = self.runs / STAGING / f"{DELETED_MARK}{folder.name}"
        try:
            away.parent.mkdir(exist_ok=True)
            if away.exists():
                shutil.rmtree(away)
            os.rename(folder, away)
            shutil.rmtree(away)
        except FileNotFoundError:
            return
        except OSError as error:
            raise EvidenceError(
                f"the ledger says that run {folder.name} is deleted, but {error.filename} cannot "
                f"be removed: {error.strerror}; repeat the command or remove it by hand"
            ) from error

    def _follow(self) -> None:
        """Bring the index up to date; it is disposable, so a failure is no error."""
        try:
            self.index.follow()
        except EvidenceError as error:
            _LOG.warning("%s; the ledger is complete, and the index will follow later", error)

    def _has_ledger(self) -> bool:
        """Without a ledger there is nothing to index; reading must not make files."""
        return self.ledger.path.exists()

    def _matching(self, text: str) -> Sequence[str]:
        if not text or not text.isascii() or not self._has_ledger():
            return []
        return self.index.matching(text, _SHOWN + 1)

    def _point(self, run_id: str, number: str) -> Ref:
        n_trials = self.row(run_id).n_trials
        if not (number.isascii() and number.isdecimal()) or int(number) >= n_trials:
            has = f"its points are 0 to {n_trials - 1}" if n_trials else "it has no grid points"
            raise EvidenceError(f"run {run_id} has no point {number!r}; {has}")
        return Ref(run_id, int(number))

    def _unknown(self, text: str) -> EvidenceError:
        newest = self.select(Query(limit=3)) if self._has_ledger() else []
        known = f"; newest runs: {', '.join(row.run_id for row in newest)}" if newest else ""
        return EvidenceError(
            f"the ledger in {self.runs} has no run {text!r}{known}; see `peak runs list`, or "
            "`peak runs recover` for a folder that the ledger does not know"
        )

    def _publications(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        """Publish lines of one run; only lines that hold its id are parsed."""
        if not self._has_ledger():
            return
        sign = json.dumps(run_id).encode()
        with self.ledger.path.open("rb") as stream:
            for line in stream:
                if sign in line and line.endswith(b"\n"):
                    event = _parsed(line)
                    if event.get("event") == "publish" and event["data"]["run_id"] == run_id:
                        yield event


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        event: Mapping[str, Any] = json.loads(line)
    except ValueError as error:
        raise EvidenceError(
            f"the ledger has a line that cannot be read ({error}); see `peak ledger verify`"
        ) from None
    return event
