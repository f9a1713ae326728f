"""Panels from wide files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from peaklib.data import Panel, load_panel
from peaklib.errors import DataError

WIDE = """Date,AAA,BBB,CCC
2024-01-02,1,,5
2024-01-03,2,10,
2024-01-04,3,11,6
2024-01-05,4,12,7
2024-01-08,5,13,
"""


def test_an_empty_cell_is_not_listed_and_a_hole_is_noted(write: Callable[..., Path]) -> None:
    panel = load_panel(write(WIDE, "wide.csv"), currency="EUR")
    assert panel.assets == ("AAA", "BBB", "CCC")
    assert np.isnan(panel.close.loc["2024-01-02", "BBB"])
    assert panel.meta.notes == ("bars without a price while listed: CCC (1)",)
    assert (panel.meta.calendar, panel.meta.currency) == ("weekdays", "EUR")
    assert repr(panel).startswith("Panel('wide', 5 bars x 3 assets, 2024-01-02 to 2024-01-08")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2,10,", "2,-10,", r"row 2 \(2024-01-03.*column 'BBB': -10\.0 is not a price"),
        ("3,11,6", "3,inf,6", r"row 3 .*column 'BBB': inf is not finite"),
        ("3,11,6", "3,x,6", r"row 3 .*column 'BBB': 'x' is not a number"),
        ("3,11,6", ",,", r"row 3 .*no asset has a price"),
        ("2024-01-04", "2024-01-03", "row 3 .*same stamp as row 2"),
        ("BBB", "AAA", "column 3 is called 'AAA'.*a name of its own"),
        ("BBB", "", "column 3 is called ''"),
    ],
)
def test_bad_cells_are_named(old: str, new: str, message: str, write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=message):
        load_panel(write(WIDE.replace(old, new, 1)))


def test_an_asset_without_any_price_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="column 'B': no price in any row"):
        load_panel(write("Date,A,B\n2024-01-02,1,\n2024-01-03,2,\n"))


def test_changing_the_closes_leaves_the_panel_alone(write: Callable[..., Path]) -> None:
    panel = load_panel(write(WIDE))
    closes = panel.close
    closes["AAA"] = 0.0
    assert panel.close["AAA"].tolist() == [1, 2, 3, 4, 5]


def test_opens_are_kept_beside_the_closes(write: Callable[..., Path]) -> None:
    panel = load_panel(write(WIDE))
    both = Panel("both", panel.close, panel.close - 0.5, panel.digest, panel.meta)
    assert both.open is not None
    assert both.open["AAA"].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_options_of_files_are_refused_for_the_built_in_panel() -> None:
    with pytest.raises(DataError, match="timezone cannot be chosen"):
        load_panel("stocks20", timezone="Europe/Berlin")


def test_an_unknown_panel_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean 'stocks20'"):
        load_panel("stock20")
