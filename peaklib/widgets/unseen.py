"""Looks at what no choice was made on: counted, logged, and only then shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import DataError
from peaklib.evidence import open_if_there, open_run, runs_folder
from peaklib.render import format_metric
from peaklib.render.html import Fragment, rich
from peaklib.sweep import SweepResults
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Choice

OUT_OF_SAMPLE: Final = "out_of_sample"
HOLDOUT: Final = "holdout"
_BY: Final = "explorer"


@dataclass(frozen=True, repr=False)
class Notes(Fragment):
    """Some lines; ``**words**`` are bold."""

    lines: tuple[str, ...]

    def html(self) -> str:
        """One paragraph a line."""
        return "".join(f"<p>{rich(line)}</p>" for line in self.lines)

    def __repr__(self) -> str:
        return "\n".join(self.lines).replace("**", "")


class Unseen:
    """The out-of-sample period and the holdout of one sweep, as the ledger knows them.

    Args:
        results: of the sweep; a preview has no run, so nothing of it is logged.
        runs: folder of runs; that of the project by default.
    """

    def __init__(self, results: SweepResults, runs: Path | None = None) -> None:
        self._results = results
        self._runs = runs or runs_folder()

    @property
    def has_holdout(self) -> bool:
        """Whether the sweep keeps rows away from every cell."""
        return self._results.config.holdout is not None

    def why_no_split(self) -> str:
        """Why there is no out-of-sample panel."""
        if self._results.config.split is None:
            return (
                "this sweep has no [split], so every number is in sample; add [split] at = "
                '"YYYY-MM-DD" to its configuration and run it again'
            )
        return (
            "no cell has numbers out of sample, although the configuration has a [split]; run "
            f"the sweep again: {self._results.command}"
        )

    def reveal(self, what: str) -> None:
        """Write a look into the ledger; of a preview there is nothing to write."""
        if self._results.run_id:
            from peaklib.sweep.looks import reveal

            reveal(open_run(self._results.run_id, runs=self._runs), what, by=_BY, runs=self._runs)

    def looks(self) -> int:
        """How often somebody looked behind the split of this sweep."""
        if not self._results.run_id:
            return 0
        from peaklib.sweep.looks import looks

        return len(looks(self._runs, sweep=self._results.run_id))

    def openings(self, instrument: str) -> list[Any]:
        """Openings of the holdout of an instrument, by whichever sweep."""
        from peaklib.sweep.holdout import openings

        return list(openings(self._runs, instrument))

    def check_opened(self) -> None:
        """Make sure that there is something behind the holdout to show.

        Raises:
            DataError: the sweep keeps no holdout.
        """
        if not self.has_holdout:
            raise DataError(
                "this sweep keeps no holdout; add [holdout] from = "
                '"YYYY-MM-DD" to its configuration and run it again'
            )

    def words(self, book: Book, choice: Choice) -> Fragment:
        """What is hidden, how often it was looked at, and how to open what is closed."""
        lines = [f"**Out of sample**  {self._split_words(book, choice)}"]
        kept = self._results.config.holdout
        if kept is None:
            return Notes((*lines, "**Holdout**  this sweep keeps none"))
        instrument = str(book.cell(choice.spot.cell).conventions["data"])
        opened = self.openings(instrument)
        times = f"opened {len(opened)} time{'s' * (len(opened) != 1)} for {instrument}"
        found = [self._found(opening) for opening in opened] if choice.holdout else []
        lines += [f"**Holdout**  from {kept.from_} on, {times}", *found, self._command()]
        return Notes(tuple(lines))

    def _split_words(self, book: Book, choice: Choice) -> str:
        if book.split(choice.spot.cell) is None:
            return self.why_no_split()
        shown = "shown" if choice.revealed else "hidden until revealed"
        if not self._results.run_id:
            return f"{shown}; a preview is on no record, so looks are not counted"
        count = self.looks()
        return f"{shown}; looked at **{count}** time{'s' * (count != 1)} so far, by the ledger"

    def _command(self) -> str:
        if not self._results.run_id:
            return f"a holdout is opened for a sweep on record: {self._results.command}"
        return f"open it for one trial: peak sweeps open-holdout {self._results.run_id}"

    def _found(self, opening: Any) -> str:
        """Trial and numbers of one opening, as its run has published them."""
        words = f"event {opening.seq}, {opening.time:%Y-%m-%d}, trial {opening.trial}"
        if not opening.run_id:
            return f"{words}: no run was published, it counts all the same"
        run = open_if_there(opening.run_id, runs=self._runs)
        if run is None:
            return f"{words}: its run {opening.run_id} is gone, it counts all the same"
        numbers = run.record()["metrics"]
        own, hold = (
            format_metric("sharpe", numbers.get(name)) for name in ("holdout_sharpe", "hold_sharpe")
        )
        return f"{words}: Sharpe **{own}**, hold {hold} ({opening.run_id})"
