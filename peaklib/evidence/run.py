"""A run while it is being made: a staging folder that takes inputs, metrics and outputs.

Everything goes to files at once, so that a notebook in another process can write into
the run that its runner has opened, and so that a crash loses nothing that was written.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import from_json, to_json
from peaklib.evidence.content.digest import write_table
from peaklib.evidence.files import sha256_of
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.trials.axes import Axes

if TYPE_CHECKING:
    import pandas as pd

METRICS: Final = "outputs/metrics.json"
TRIALS: Final = "outputs/trials.json"
DATASETS: Final = "inputs/dataset.json"
DATA: Final = "data"
RUN_ROLE: Final = "run"
NOTES: Final = "outputs/notes.json"
# A file that is being written; one that a crash left is not sealed.
PART: Final = ".part"


class Input(Protocol):
    """Data that a run reads: it has a name, a content digest and a description."""

    @property
    def name(self) -> str:
        """Name of the data set."""

    @property
    def digest(self) -> str:
        """Content digest."""

    def describe(self) -> dict[str, Any]:
        """Plain values: source, licence, period, conventions."""

    def keep(self, folder: Path) -> bool:
        """Write a copy named by the digest, unless the data ship with a dependency.

        Returns:
            Whether there is a copy in the folder.
        """


class Figure(Protocol):
    """A figure that can write itself as JSON, as plotly's do."""

    def to_json(self) -> str | None:
        """The figure's JSON text."""


class Run:
    """Writer of one run's folder.

    Args:
        folder: the staging folder; None records nothing, for a look without a run.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @property
    def recorded(self) -> bool:
        """Whether anything is kept."""
        return self.folder is not None

    def use(self, *inputs: Input, role: str = "data") -> None:
        """Name what the run reads, and keep a copy of what no dependency ships.

        Args:
            inputs: data sets, or sealed runs.
            role: `data`, or `RUN_ROLE` for a run that this one stands on.
        """
        if self.folder is None:
            return
        entries = self._read(DATASETS, [])
        for used in inputs:
            entry = {
                "role": role,
                "name": used.name,
                "digest": used.digest,
                "kept": self._copy_of(used),
                "meta": used.describe(),
            }
            if entry not in entries:
                entries.append(entry)
        self._write(DATASETS, entries)

    def _copy_of(self, used: Input) -> str | None:
        """SHA-256 of the file that an input was copied into, None if it ships anyway."""
        folder = Path() if self.folder is None else self.folder.parents[1] / DATA
        return sha256_of(folder / f"{used.digest}.parquet") if used.keep(folder) else None

    def log_metric(self, name: str, value: float | None) -> None:
        """Record one number; None or NaN means "undefined"."""
        self.log_metrics({name: value})

    def log_metrics(self, values: Mapping[str, float | None]) -> None:
        """Record numbers by name; a later value replaces an earlier one.

        Raises:
            EvidenceError: a value is no number.
        """
        for name, value in values.items():
            if not _is_number_or_none(value):
                raise EvidenceError(
                    f"metric {name!r} is {value!r}, which is no number; use `note` for words"
                )
        self._write(METRICS, {**self._read(METRICS, {}), **values})

    def log_trials(self, grid: "pd.DataFrame", name: str = "trials") -> "pd.DataFrame":
        """Count the trials of a grid and keep them as a table.

        Args:
            grid: what `run_grid` returned.
            name: name of the table.

        Returns:
            The same grid, labelled as counted if this run is recorded.

        Raises:
            EvidenceError: rows are missing or in another order, or the name is taken.
        """
        if self.folder is None:
            return grid
        self._check_grid(grid, name)
        sharpes = grid["sharpe"][grid["sharpe"].abs() < math.inf]
        summary = {
            "table": name,
            **{key: grid.attrs[key] for key in ("strategy", "version", "fixed", "grid")},
            "conventions": grid.attrs["conventions"],
            "code": grid.attrs.get("code"),
            "count": len(grid),
            "sharpe_count": len(sharpes),
            "sharpe_sum": float(sharpes.sum()),
            "sharpe_sumsq": float((sharpes**2).sum()),
            "extremes": _extremes(grid.drop(columns=list(grid.attrs["grid"]["axes"]))),
        }
        self._write(TRIALS, [*self._read(TRIALS, []), summary])
        self.save_table(name, grid)
        counted = grid.copy()
        counted.attrs["trials"] = "counted"
        return counted

    def _check_grid(self, grid: "pd.DataFrame", name: str) -> None:
        """The points of a grid are counted and found by its axes: all rows must be there."""
        if any(known["table"] == name for known in self._read(TRIALS, [])):
            raise EvidenceError(f"trials {name!r} are logged already; give this grid another name")
        axes = Axes.from_json(grid.attrs["grid"])
        whole = axes.table() if len(axes) == len(grid) else {}
        if len(axes) != len(grid) or any(
            (grid[column].to_numpy() != values).any() for column, values in whole.items()
        ):
            raise EvidenceError(
                f"trials {name!r} have {len(grid)} rows that are not the {len(axes)} points of the "
                "grid in its order; log what `run_grid` returned, and keep a selection of it with "
                "`save_table`"
            )

    def save_table(
        self, name: str, table: "pd.DataFrame", *, incidental: Sequence[str] = ()
    ) -> None:
        """Keep a frame as `outputs/tables/<name>.parquet`.

        Args:
            name: of the table.
            table: what to keep.
            incidental: columns that differ from run to run by their nature, such as ids of
                runs and seconds; they are kept, but are no part of the content digest.
        """
        if self.folder is not None:
            clean = Secrets.known(os.environ).frame(table).copy(deep=False)
            clean.attrs = {}
            with _at_once(self._output(f"tables/{name}.parquet")) as part:
                write_table(part, clean, tuple(incidental))

    def save_figure(self, name: str, figure: Figure, *, png: bytes | None = None) -> None:
        """Keep a plotly figure as `outputs/figures/<name>.json`.

        Args:
            name: of the figure.
            figure: what to keep.
            png: a picture of it to keep beside; its bytes are no part of the content digest.
        """
        if self.folder is not None:
            content = json.loads(figure.to_json() or "null")
            self._put_bytes(self._output(f"figures/{name}.json"), to_json(content))
            if png is not None:
                self._put_bytes(self._output(f"figures/{name}.png"), png)

    def save_text(self, name: str, text: str) -> None:
        """Keep a text as `outputs/<name>`."""
        if self.folder is not None:
            self._refuse_reserved(name)
            self._put_bytes(self._output(name), text.encode())

    def save_input(self, name: str, content: bytes) -> None:
        """Keep a file as `inputs/<name>`."""
        if self.folder is not None:
            self._put_bytes(self._place(name, "inputs"), content)

    def note(self, text: str) -> None:
        """Add a remark to the record."""
        self._write(NOTES, [*self._read(NOTES, []), text])

    @staticmethod
    def _refuse_reserved(name: str) -> None:
        if f"outputs/{name}" in (METRICS, TRIALS, NOTES) or name.endswith(PART):
            raise EvidenceError(
                f"{name!r} is a name that the workbench uses itself; choose another for the text"
            )

    def _output(self, name: str) -> Path:
        return self._place(name, "outputs")

    def _place(self, name: str, below: str = "") -> Path:
        if self.folder is None:
            raise EvidenceError("this run keeps nothing, it has no folder")
        if not self.folder.is_dir():
            raise EvidenceError(
                f"run {self.folder.name} is sealed, or its folder was removed: {name!r} cannot be "
                "added; start another run"
            )
        root = (self.folder / below).resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise EvidenceError(f"{name!r} would be written outside the run's folder; use a name")
        return path

    def _read(self, name: str, default: Any) -> Any:
        if self.folder is None or not (self.folder / name).is_file():
            return default
        try:
            return from_json((self.folder / name).read_bytes())
        except ValueError as error:
            raise EvidenceError(
                f"{self.folder / name} cannot be read: {error}; it was changed by hand"
            ) from None

    def _write(self, name: str, value: Any) -> None:
        if self.folder is not None:
            self._put_bytes(self._place(name), to_json(value))

    @staticmethod
    def _put_bytes(path: Path, content: bytes) -> None:
        with _at_once(path) as part:
            part.write_bytes(content)


@contextmanager
def _at_once(path: Path) -> Iterator[Path]:
    """A place to write a file before it gets its name: a crash leaves the old one or the new one.

    Raises:
        EvidenceError: it cannot be written.
    """
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise EvidenceError(
            f"{path} cannot be written: {error.strerror or error}; check the space on the disk and "
            "the rights of the folder"
        ) from error


def _is_number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def _extremes(numbers: "pd.DataFrame") -> dict[str, list[float]]:
    """Lowest and highest value of each column that has any."""
    columns = numbers.select_dtypes("number").dropna(axis="columns", how="all")
    return {str(name): [float(c.min()), float(c.max())] for name, c in columns.items()}


def attach(run_dir: str | Path) -> Run:
    """The run whose folder a runner passed to this notebook.

    Args:
        run_dir: folder of the open run; empty when the notebook was opened by hand, then
            nothing is recorded and grids stay "uncounted".

    Raises:
        EvidenceError: the folder does not exist.
    """
    if not str(run_dir):
        return Run(None)
    folder = Path(run_dir)
    if not folder.is_dir():
        raise EvidenceError(
            f"run_dir {str(run_dir)!r} is no folder; leave it empty to record nothing, or start "
            "the notebook through `peak`"
        )
    return Run(folder)
