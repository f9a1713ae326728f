"""What is being looked at, and what each action makes of it: values only, no widgets.

One spot says almost everything: the slice that is drawn is the one through it, so that a
slider of a parameter moves the selection and, for a parameter off the map, the slice.
"""

from dataclasses import dataclass, replace

from peaklib.errors import DataError
from peaklib.widgets.book import Book
from peaklib.widgets.grid import Places


@dataclass(frozen=True)
class Spot:
    """One place of one grid.

    Args:
        cell: number of the sweep's cell.
        at: position on each parameter's axis.
    """

    cell: int
    at: Places


@dataclass(frozen=True)
class Choice:
    """All that decides what is shown.

    Args:
        spot: what is selected.
        x, y: numbers of the parameters on the map; None where the grid has too few.
        metric: drawn on the map.
        pinned: another spot to compare with.
        revealed: whether the out-of-sample period is shown.
        holdout: whether the numbers of opened holdouts are shown.
    """

    spot: Spot
    x: int | None
    y: int | None
    metric: str
    pinned: Spot | None = None
    revealed: bool = False
    holdout: bool = False


def first_choice(book: Book) -> Choice:
    """The best trial in sample under the first cost scenario, on its first two parameters."""
    base = [k for k in range(len(book)) if any(book.cell(k) is cell for cell in book.results.base)]
    spots = [Spot(k, book.grid(k).best(book.first_metric(k))) for k in base]

    def height(spot: Spot) -> float:
        value = float(book.grid(spot.cell).values(book.first_metric(spot.cell))[spot.at])
        return value if value == value else -float("inf")

    spot = max(spots, key=height)
    return _on(Choice(spot, None, None, book.first_metric(spot.cell)), book, spot)


def to_cell(choice: Choice, book: Book, axis: str, value: str) -> tuple[Choice, str]:
    """Another strategy, data set, cost scenario, ...

    Returns:
        The choice, and a remark where that very combination has no result.

    Raises:
        DataError: the axis or the value does not exist.
    """
    if value not in book.labels.get(axis, []):
        raise DataError(f"no cell has {axis} = {value!r}; the sweep has {book.labels}")
    wanted = {**book.cell(choice.spot.cell).label, axis: value}
    number, exact = book.find(wanted, axis)
    asked, shown = (" · ".join(label.values()) for label in (wanted, book.cell(number).label))
    remark = "" if exact else f"{asked} has no result; shown is {shown}"
    here, there = book.grid(choice.spot.cell), book.grid(number)
    if here.axes == there.axes:
        return _kept(replace(choice, spot=Spot(number, choice.spot.at)), book), remark
    return _on(choice, book, Spot(number, there.best(book.first_metric(number)))), remark


def to_place(choice: Choice, book: Book, name: str, position: int) -> Choice:
    """Another value of one parameter.

    Raises:
        DataError: there is no such parameter, or no such position on its axis.
    """
    axis = _axis(choice, book, name)
    size = book.grid(choice.spot.cell).shape[axis]
    if not 0 <= position < size:
        raise DataError(f"{name} has {size} values; position {position} is not among them")
    at = list(choice.spot.at)
    at[axis] = position
    return replace(choice, spot=Spot(choice.spot.cell, tuple(at)))


def to_point(choice: Choice, column: int, row: int) -> Choice:
    """The place at a column and row of the map."""
    at = list(choice.spot.at)
    for axis, position in ((choice.x, column), (choice.y, row)):
        if axis is not None:
            at[axis] = position
    return replace(choice, spot=Spot(choice.spot.cell, tuple(at)))


def to_axes(choice: Choice, book: Book, *, x: str = "", y: str = "") -> Choice:
    """Other parameters on the map; one that is on the other axis changes places with it.

    Raises:
        DataError: there is no such parameter.
    """
    new_x = _axis(choice, book, x) if x else choice.x
    new_y = _axis(choice, book, y) if y else choice.y
    if new_x == new_y and new_x is not None:
        new_x, new_y = choice.y, choice.x
    return replace(choice, x=new_x, y=new_y)


def to_metric(choice: Choice, book: Book, metric: str) -> Choice:
    """Another metric on the map.

    Raises:
        DataError: it is unknown, or it mixes both sides of the split.
    """
    offered = book.metrics(choice.spot.cell)
    if metric not in offered:
        raise DataError(f"metric {metric!r} is not shown here; choose one of {offered}")
    return replace(choice, metric=metric)


def pin(choice: Choice) -> Choice:
    """Keep the selected spot to compare others with."""
    return replace(choice, pinned=choice.spot)


def unpin(choice: Choice) -> Choice:
    """Compare no more."""
    return replace(choice, pinned=None)


def reveal(choice: Choice) -> Choice:
    """Show the out-of-sample period."""
    return replace(choice, revealed=True)


def reveal_holdout(choice: Choice) -> Choice:
    """Show what was found behind the holdout."""
    return replace(choice, holdout=True)


def slices(choice: Choice, book: Book) -> dict[str, int | float]:
    """Parameters that are not on the map, and the values they are held at."""
    values = book.grid(choice.spot.cell).params(choice.spot.at)
    return {
        name: value
        for axis, (name, value) in enumerate(values.items())
        if axis not in (choice.x, choice.y)
    }


def _axis(choice: Choice, book: Book, name: str) -> int:
    names = book.grid(choice.spot.cell).names
    if name not in names:
        raise DataError(f"the grid has no parameter {name!r}; it has {', '.join(names) or 'none'}")
    return names.index(name)


def _on(choice: Choice, book: Book, spot: Spot) -> Choice:
    """A spot of a grid with other axes: parameters with several values come first."""
    shape = book.grid(spot.cell).shape
    order = sorted(range(len(shape)), key=lambda axis: shape[axis] == 1)
    x, y = ([*order, None, None])[:2]
    return _kept(replace(choice, spot=spot, x=x, y=y), book)


def _kept(choice: Choice, book: Book) -> Choice:
    """The metric stays where the cell has it."""
    number = choice.spot.cell
    if choice.metric in book.metrics(number):
        return choice
    return replace(choice, metric=book.first_metric(number))
