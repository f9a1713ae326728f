"""The explorer of a sweep for JupyterLab."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from peaklib.errors import DataError, PeakError
from peaklib.render import note
from peaklib.render.html import Fragment, escape, style_block
from peaklib.sweep import SweepResults
from peaklib.widgets import choice as moves
from peaklib.widgets.accounts import Accounts
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Choice
from peaklib.widgets.source import results_of
from peaklib.widgets.unseen import HOLDOUT, OUT_OF_SAMPLE, Unseen
from peaklib.widgets.views import axes_of, curves_view, map_view
from peaklib.widgets.words import comparison, numbers, status, trades


def explore(sweep: str | Path | SweepResults = "", *, runs: Path | None = None) -> "Explorer":
    """Look at the trials of a sweep: slices, curves, two trials side by side.

    Args:
        sweep: id of a sweep's run (short or full), its name, the path of a configuration to
            compute here and now (nothing is recorded or counted), results that were read
            already, or empty: the newest sweep, else a preview of the quick one.
        runs: folder of runs; that of the project by default.

    Returns:
        The explorer; a notebook shows it when it is the last expression of a cell.

    Raises:
        EvidenceError: there is no such sweep, or it has no trials.
        ConfigError: the configuration has mistakes.
        PeakError: the extra `lab` is not installed.
    """
    _check_installed()
    return Explorer(results_of(sweep, runs), runs=runs)


class Explorer:
    """What `explore` returns; every action is a method, too.

    Args:
        results: of a sweep.
        runs: folder of runs; that of the project by default.

    Attributes:
        choice: what is shown.
        map: the slice as cells; `map.figure()` is the same view for a page.
        curves: growth and drawdown; `curves.figure()` likewise.
        controls: the dropdowns and sliders.
        widget: all of it.
    """

    def __init__(self, results: SweepResults, *, runs: Path | None = None) -> None:
        _check_installed()
        from peaklib.widgets.controls import Controls
        from peaklib.widgets.live import LiveFigure

        self.book = Book(results)
        self.accounts = Accounts(self.book)
        self.unseen = Unseen(results, runs)
        self.choice = moves.first_choice(self.book)
        self.map = LiveFigure(map_view(self.book, self.choice))
        self.curves = LiveFigure(curves_view(self.book, self.accounts, self.choice))
        self.controls = Controls(self.book, self._on_control)
        self._account: tuple[Any, ...] = ()
        self._build()
        self._refresh("")

    # ---- actions: of scripts, and of the widgets ----

    def show(self, *, metric: str = "", x: str = "", y: str = "", **labels: str) -> None:
        """Another view.

        Args:
            metric: drawn on the map.
            x, y: parameters across and up.
            labels: value by axis of the sweep: `strategy="sma_crossover"`, `costs="retail"`.

        Raises:
            DataError: something of that name does not exist; the view stays as it was.
        """
        choice, remarks = self.choice, []
        for axis, value in labels.items():
            choice, remark = moves.to_cell(choice, self.book, axis, value)
            remarks.append(remark)
        if x or y:
            choice = moves.to_axes(choice, self.book, x=x, y=y)
        if metric:
            choice = moves.to_metric(choice, self.book, metric)
        self._take(choice, " ".join(filter(None, remarks)))

    def select(self, **params: int | float) -> None:
        """Select the trial with these parameter values; others stay as they are.

        Raises:
            DataError: a parameter or a value is not on the grid.
        """
        choice, grid = self.choice, self.book.grid(self.choice.spot.cell)
        for name, value in params.items():
            values = grid.axes.get(name, ())
            if name in grid.axes and value not in values:
                raise DataError(f"{name} = {value!r} is not on the grid; it has {list(values)}")
            position = values.index(value) if value in values else 0
            choice = moves.to_place(choice, self.book, name, position)
        self._take(choice)

    def pin(self) -> None:
        """Keep the selected trial, to compare others with it."""
        self._take(moves.pin(self.choice))

    def unpin(self) -> None:
        """Compare no more."""
        self._take(moves.unpin(self.choice))

    def reveal(self) -> None:
        """Show the out-of-sample period; of a sweep on record, the look is logged first.

        Raises:
            DataError: the sweep has no out-of-sample period.
        """
        if not self.book.has_unseen:
            raise DataError(f"nothing to reveal: {self.unseen.why_no_split()}")
        if not self.choice.revealed:
            self.unseen.reveal(OUT_OF_SAMPLE)
            self._take(moves.reveal(self.choice))

    def reveal_holdout(self) -> None:
        """Show what openings of the holdout found; of a sweep on record, the look is logged.

        Raises:
            DataError: the sweep keeps no holdout, or it was never opened.
        """
        self.unseen.check_opened()
        if not self.choice.holdout:
            self.unseen.reveal(HOLDOUT)
            self._take(moves.reveal_holdout(self.choice))

    def figure(self) -> go.Figure:
        """The map as a static figure."""
        return self.map.figure()

    # ---- display ----

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        view: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return {**view, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Explorer({status(self.book, self.choice)})"

    # ---- inside ----

    def _build(self) -> None:
        import ipywidgets

        self._message = ipywidgets.HTML()
        self._numbers, self._compared, self._trades, self._unseen_words, self._status = (
            ipywidgets.HTML() for _ in range(5)
        )
        actions: list[tuple[str, str, Callable[[], None]]] = [
            ("pin", "keep the selected trial to compare with", self.pin),
            ("unpin", "compare no more", self.unpin),
            ("reveal out of sample", "is counted and logged", self.reveal),
            ("reveal holdout", "what openings found; is counted and logged", self.reveal_holdout),
        ]
        self.buttons = {
            name: ipywidgets.Button(description=name, tooltip=hint, layout={"width": "auto"})
            for name, hint, _ in actions
        }
        for name, _, action in actions:
            self.buttons[name].on_click(lambda _, action=action: self._try(action))
        self._listen_to_clicks()
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HTML(style_block()),
                self.controls.widget,
                self._message,
                self.map.widget,
                ipywidgets.HBox(list(self.buttons.values())),
                self._unseen_words,
                self._numbers,
                self.curves.widget,
                self._compared,
                self._trades,
                self._status,
            ]
        )

    def _listen_to_clicks(self) -> None:
        for trace in self.map.plot.data:
            if trace.type == "heatmap":
                trace.on_click(lambda _, points, __: self._on_click(points))

    def _on_click(self, points: Any) -> None:
        if points.xs and points.ys:
            x, y = axes_of(self.book, self.choice)
            column, row = x.position(points.xs[0]), y.position(points.ys[0])
            self._try(lambda: self._take(moves.to_point(self.choice, column, row)))

    def _on_control(self, kind: str, value: Any) -> None:
        self._try(lambda: self._follow(kind, value))

    def _follow(self, kind: str, value: Any) -> None:
        name, _, detail = kind.partition(":")
        if name == "label":
            self.show(**{detail: value})
        elif name == "place":
            self._take(moves.to_place(self.choice, self.book, detail, value))
        else:
            self.show(**{name: value})

    def _try(self, action: Callable[[], None]) -> None:
        """What a person does never ends in a traceback that nobody sees."""
        try:
            action()
        except PeakError as error:
            self._message.value = _html(note(f"**{type(error).__name__}** {error}"))
            self.controls.show(self.choice)

    def _take(self, choice: Choice, remark: str = "") -> None:
        before, self.choice = self.choice, choice
        try:
            self._refresh(remark)
        except PeakError:
            self.choice = before
            raise

    def _refresh(self, remark: str) -> None:
        """Compute everything first, so that an error leaves the old view whole."""
        book, choice = self.book, self.choice
        drawn, hidden = map_view(book, choice), self.unseen.words(book, choice)
        # Another slice or metric of the same trial leaves its account as it is.
        decides = (choice.spot, choice.pinned, choice.revealed)
        if decides != self._account:
            self._show_account(choice)
            self._account = decides
        self.map.show(drawn)
        self.controls.show(choice)
        self._unseen_words.value = _html(hidden)
        self._status.value = f"<small>{escape(status(book, choice))}</small>"
        self._message.value = _html(note(remark)) if remark else ""
        self.buttons["unpin"].disabled = choice.pinned is None
        self.buttons["reveal out of sample"].disabled = choice.revealed or not book.has_unseen
        self.buttons["reveal holdout"].disabled = choice.holdout or not self.unseen.has_holdout

    def _show_account(self, choice: Choice) -> None:
        """Curves, numbers, comparison and trades of the selected and the pinned trial."""
        book, accounts = self.book, self.accounts
        curves = curves_view(book, accounts, choice)
        words = [view(book, accounts, choice) for view in (numbers, comparison, trades)]
        self.curves.show(curves)
        for widget, fragment in zip(
            (self._numbers, self._compared, self._trades), words, strict=True
        ):
            widget.value = _html(fragment)


def _html(fragment: Fragment | None) -> str:
    """A fragment without its style, which stands at the top once."""
    return f'<div class="peak">{fragment.html()}</div>' if fragment is not None else ""


def _check_installed() -> None:
    """Say what to install before something deep inside fails."""
    missing = [name for name in ("ipywidgets", "anywidget") if find_spec(name) is None]
    if missing:
        raise PeakError(
            f"the explorer needs {' and '.join(missing)}, which this environment does not have; "
            "install the extra: pip install 'peaklib[lab]'"
        )
