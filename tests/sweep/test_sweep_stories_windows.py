"""Peaks against plateaus, and best parameters by window, on grids whose answer is known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scratch import ROOT

from peaklib.robustness import Candidate, Evaluated, Subject, Thresholds
from peaklib.robustness.verdict.subject import block_windows, stability_windows
from peaklib.robustness.verdict.thresholds import Overfitting
from peaklib.sweep import CellData, preview
from peaklib.sweep.analysis import data_of
from peaklib.sweep.stories import (
    Ground,
    best_figure,
    peaks_table,
    peaks_words,
    ranks_figure,
    windows_of,
    windows_table,
    windows_words,
)
from peaklib.sweep.stories.peaks import LATER

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

AXIS = list(range(1, 8))
CONFIG = """question = "Which of seven?"
notebook = "notebooks/sweep_cell.ipynb"
[foreach]
strategy = ["momentum"]
[fixed]
dataset = "sp500"
period = "2005-01-01/2010-12-31"
[grid.momentum]
window = [1, 2, 3, 4, 5, 6, 7]
"""
THRESHOLDS = Thresholds(overfitting=Overfitting(blocks=4))


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> CellData:
    path = tmp_path_factory.mktemp("windows") / "seven.toml"
    path.write_text(CONFIG, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(ROOT))
        return preview(str(path)).cells[0]


@pytest.fixture(scope="module")
def subject(cell: CellData) -> Subject:
    return Subject(
        dataset=data_of(cell),
        candidates=(Candidate("momentum", {"window": AXIS}),),
        terms={"warmup": cell.conventions["warmup"]},
    )


def ground(
    cell: CellData, subject: Subject, names: Sequence[str], sharpes: NDArray[np.float64]
) -> Ground:
    """A ground whose trials have these Sharpe ratios per bar, (7, n_windows), in each window."""
    frame = pd.DataFrame({"window": AXIS, "sharpe": sharpes.mean(axis=1)})
    n, deviation = 100.0, 0.01
    for k, name in enumerate(names):
        total = n * deviation * sharpes[:, k]
        frame[f"{name}_n"] = n
        frame[f"{name}_sum"] = total
        frame[f"{name}_sumsq"] = (n - 1) * deviation**2 + total**2 / n
    frame.attrs = cell.trials.attrs
    return Ground((cell,), subject, (Evaluated("momentum", frame),), THRESHOLDS)


def test_peak_and_plateau_are_tried_on_the_second_half(cell: CellData, subject: Subject) -> None:
    names = list(block_windows(subject, THRESHOLDS))
    # Window 7 is a lone peak of the first half, 2 to 4 are a plateau that lasts.
    first = np.array([0.03, 0.05, 0.06, 0.05, 0.02, 0.01, 0.09])
    second = np.array([0.02, 0.05, 0.05, 0.04, 0.01, 0.00, -0.04])
    table = peaks_table([ground(cell, subject, names, np.stack([first, first, second, second], 1))])
    peak, plateau = (table[table["choice"] == name].iloc[0] for name in ("peak", "plateau"))
    year = np.sqrt(subject.year)
    # 100 bars a block: what is left of the ddof correction over 200 bars is below 1 %.
    assert peak[LATER] == pytest.approx(-0.04 * year, rel=0.01)
    assert plateau[LATER] == pytest.approx(0.05 * year, rel=0.01)
    # Over all bars the middle of the plateau is the best of both.
    assert peak["params"] == plateau["params"] == "window 3"
    assert peak["kept"] == 1.0
    said = peaks_words(table)
    assert "is not known" in said
    assert "better than the peak on the second in 1 of 1 cell" in said


@pytest.mark.parametrize(
    ("peak", "plateau", "words"),
    [
        # Of five equally likely signs all are the same in 2 of 32 cases, of four in 2 of 16.
        ([0.5] * 5, [0.3] * 5, "did not help here"),
        ([0.3] * 5, [0.5] * 5, "helped here"),
        ([0.3] * 4, [0.5] * 4, "is not known"),
        ([0.5, 0.4], [0.6, 0.3], "is not known"),
        ([float("nan")], [0.4], "Not known"),
        ([0.1, float("nan")], [0.4, 0.2], "1 more cannot be compared"),
    ],
)
def test_words_say_whether_plateaus_helped(
    peak: list[float], plateau: list[float], words: str
) -> None:
    rows = [("peak", value) for value in peak] + [("plateau", value) for value in plateau]
    assert words in peaks_words(pd.DataFrame(rows, columns=["choice", LATER]))


def test_without_neighbours_there_is_no_plateau() -> None:
    assert "no plateaus" in peaks_words(pd.DataFrame())


def test_a_ranking_that_lasts_is_called_so(cell: CellData, subject: Subject) -> None:
    names = list(stability_windows(subject))
    lasting = np.tile(np.linspace(0.01, 0.07, 7)[:, None], len(names))
    made = ground(cell, subject, names, lasting)
    table = windows_table([made]).set_index("windows")
    assert table["n_windows"].tolist() == [len(names), len(names) - 1]
    assert table["bests"].tolist() == [1, 1]
    assert table["moved"].tolist() == [0.0, 0.0]
    assert table["rank_rho"].tolist() == pytest.approx([1.0, 1.0])
    assert table["in_top"].tolist() == [1.0, 1.0]
    assert "says a good deal about the next" in windows_words(table.reset_index())


def test_a_ranking_that_turns_over_says_nothing(cell: CellData, subject: Subject) -> None:
    names = list(stability_windows(subject))
    up = np.linspace(0.01, 0.07, 7)
    sharpes = np.stack([up if k % 2 else up[::-1] for k in range(len(names))], axis=1)
    found = windows_of(
        ground(cell, subject, names, sharpes), made_of(cell, subject, names, sharpes)
    )
    half = found["half-year"]
    assert half.best["window"].tolist() == [1 if k % 2 == 0 else 7 for k in range(len(names))]
    assert half.ranks["spearman"].tolist() == pytest.approx([-1.0] * (len(names) - 1))
    # From one end of the axis to the other, each time.
    assert half.best["moved"].dropna().tolist() == [1.0] * (len(names) - 1)
    # The end of a half-year, in years.
    assert half.best.index[0] == "2005.5"


def made_of(
    cell: CellData, subject: Subject, names: Sequence[str], sharpes: NDArray[np.float64]
) -> Evaluated:
    return ground(cell, subject, names, sharpes).fields[0]


def test_a_window_of_a_few_days_is_left_out(cell: CellData, subject: Subject) -> None:
    names = list(stability_windows(subject))
    made = ground(cell, subject, names, np.tile(np.linspace(0.01, 0.07, 7)[:, None], len(names)))
    short = made.fields[0].frame
    short[f"{names[0]}_n"] = 10.0
    found = windows_of(made, made.fields[0])["half-year"]
    assert len(found.best) == len(names) - 1
    assert found.best.index[0] == "2006.0"


def test_figures_draw_both_lengths_of_windows(cell: CellData, subject: Subject) -> None:
    names = list(stability_windows(subject))
    sharpes = np.random.default_rng(5).normal(0, 0.05, (7, len(names)))
    found = windows_of(
        ground(cell, subject, names, sharpes), made_of(cell, subject, names, sharpes)
    )
    best, ranks = best_figure(found, "window", unit="bars"), ranks_figure(found)
    assert best is not None
    assert ranks is not None
    assert len(best.data) == len(ranks.data) == 2
    assert list(best.data[0].y) == found["half-year"].best["window"].tolist()


def test_without_windows_there_are_no_figures_and_words_say_so() -> None:
    assert best_figure({}, "window") is None
    assert ranks_figure({}) is None
    assert "Too few years" in windows_words(pd.DataFrame())
