"""Showing how a batch of cells gets on: one bar on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress as Bar,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

from peaklib.sweep import CellResult, Progress

_SIGNS = {"done": "✓", "failed": "✕", "resumed": "="}
_STYLES = {"done": "green", "failed": "red", "resumed": "dim"}


def duration(seconds: float) -> str:
    """Minutes and seconds, as `1:05`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


class _Numbers(ProgressColumn):
    """Counts, speed and what is left, from the task's fields."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields["numbers"]))


class BatchDisplay:
    """Listener of a batch; use it as a context around the batch.

    Args:
        console: where to write.
        total: cells of the plan.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._started = time.monotonic()
        self._shown = 0
        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(bar_width=16),
            TextColumn("{task.completed}/{task.total}"),
            _Numbers(table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("cells", total=total, numbers="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show the cells that finished since the last call, and the bar."""
        total = len(progress.plan.cells)
        for number in range(self._shown, len(progress.results)):
            self._line(progress.results[number], number + 1, total)
        self._shown = len(progress.results)
        self._bar.update(self._task, completed=self._shown, numbers=self._numbers(progress))

    def _line(self, result: CellResult, number: int, total: int) -> None:
        if self._console.is_terminal and result.state != "failed":
            return
        text = Text(f"{_SIGNS[result.state]} ", style=_STYLES[result.state])
        text.append(f"{number}/{total} {result.cell.name}", style="default")
        text.append(f"  {result.cell.n_trials} trials  {result.run_id}", style="dim")
        if result.state != "resumed":
            text.append(f"  {result.seconds:.1f} s", style="dim")
        self._console.print(text, soft_wrap=True)
        if result.error:
            self._console.print(Text(f"  {result.error}", style="red"), soft_wrap=True)

    def _numbers(self, progress: Progress) -> str:
        elapsed = time.monotonic() - self._started
        counts = dict.fromkeys(_SIGNS, 0)
        for result in progress.results:
            counts[result.state] += 1
        parts = [f"{counts['done']} done"]
        parts += [f"{counts[state]} {state}" for state in ("failed", "resumed") if counts[state]]
        if progress.trials_done:
            parts.append(f"{progress.trials_done / elapsed:,.0f} trials/s")
        computed = counts["done"] + counts["failed"]
        if computed:
            left = len(progress.plan.cells) - len(progress.results)
            parts.append(f"{duration(elapsed / computed * left)} left")
        if progress.running:
            cell, since = min(progress.running, key=lambda item: item[1])
            parts.append(f"slowest {cell.name} {duration(time.monotonic() - since)}")
        return "  ".join(parts)
