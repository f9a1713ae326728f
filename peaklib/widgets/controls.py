"""The widgets that a person touches; each tells its change and can be set without an echo."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import ipywidgets

from peaklib.render.formats import Style, format_value
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Choice
from peaklib.widgets.views import axis_label

Told = Callable[[str, Any], None]

_NARROW: Final = {"description_width": "initial"}
_WIDE: Final = "360px"


class Controls:
    """Dropdowns for what is shown, and a slider for each parameter.

    The arrow keys move a slider that has the focus, and with it the selection. Nothing is
    told before a slider is let go.

    Args:
        book: what can be chosen.
        told: called with (kind, value) after a change: `x`, `y`, `metric`, `label:<axis>`,
            `place:<parameter>`.
    """

    def __init__(self, book: Book, told: Told) -> None:
        self._book = book
        self._told = told
        self._quiet = False
        self._axes: Mapping[str, tuple[int | float, ...]] | None = None
        self.labels = {
            name: self._dropdown(name, values, f"label:{name}")
            for name, values in book.labels.items()
        }
        self.metric = self._dropdown("metric", [], "metric")
        self.x = self._dropdown("across", [], "x")
        self.y = self._dropdown("up", [], "y")
        self.sliders: dict[str, Any] = {}
        self._slides = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        chosen = [widget for name, widget in self.labels.items() if len(book.labels[name]) > 1]
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HBox(
                    [*chosen, self.metric, self.x, self.y], layout={"flex_flow": "row wrap"}
                ),
                self._slides,
            ]
        )

    def show(self, choice: Choice) -> None:
        """Set all widgets to a choice, without telling anybody."""
        grid = self._book.grid(choice.spot.cell)
        with self._silence():
            for name, value in self._book.cell(choice.spot.cell).label.items():
                self.labels[name].value = value
            offered = self._book.metrics(choice.spot.cell)
            self._offer(self.metric, offered, choice.metric)
            for widget, axis in ((self.x, choice.x), (self.y, choice.y)):
                names = grid.names if axis is not None else ()
                self._offer(widget, names, names[axis] if axis is not None else None)
            if self._axes != grid.axes:
                self._replace_sliders(choice)
            for name, position in zip(grid.names, choice.spot.at, strict=True):
                self.sliders[name].value = position

    def _replace_sliders(self, choice: Choice) -> None:
        """Other strategies have other parameters."""
        grid = self._book.grid(choice.spot.cell)
        for slider in self.sliders.values():
            slider.close()
        self._axes = grid.axes
        self.sliders = {
            name: self._slider(name, axis_label(self._book, choice.spot.cell, name), values)
            for name, values in grid.axes.items()
        }
        self._slides.children = tuple(
            slider for name, slider in self.sliders.items() if len(grid.axes[name]) > 1
        )

    def _slider(self, name: str, label: str, values: Sequence[int | float]) -> Any:
        options = [(format_value(value, Style()), place) for place, value in enumerate(values)]
        slider = ipywidgets.SelectionSlider(
            options=options,
            description=label,
            continuous_update=False,
            style=_NARROW,
            layout={"width": _WIDE},
        )
        slider.observe(lambda change: self._tell(f"place:{name}", change["new"]), "value")
        return slider

    def _dropdown(self, name: str, values: Sequence[str], kind: str) -> Any:
        dropdown = ipywidgets.Dropdown(
            options=list(values),
            description=name,
            style=_NARROW,
            layout={"width": "max-content"},
        )
        dropdown.observe(lambda change: self._tell(kind, change["new"]), "value")
        return dropdown

    def _offer(self, widget: Any, options: Sequence[str], value: str | None) -> None:
        if tuple(widget.options) != tuple(options):
            widget.options = tuple(options)
        widget.value = value

    def _tell(self, kind: str, value: Any) -> None:
        if not self._quiet and value is not None:
            self._told(kind, value)

    @contextmanager
    def _silence(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
