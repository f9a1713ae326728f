"""The parameters a notebook really ran with."""

import pytest

from peaklib.errors import NotebookError
from peaklib.render import ParameterTable, parameters_used

DEFAULTS = """\
# What is run.
dataset: str = "nasdaq"      # name of the data set
fees_bps: float = 5.0        # per side, in bp
windows: list = [
    5,
    10,
]  # fast windows, in days
limit = 5_000
hash_sign: str = "#1"  # of the run
"""


@pytest.fixture
def used(cell, make_notebook):
    def read(*injected, metadata=None):
        cells = [cell(DEFAULTS, tags=("parameters",))]
        cells += [cell(source, tags=("injected-parameters",)) for source in injected]
        return {row.name: row for row in parameters_used(make_notebook(*cells, metadata=metadata))}

    return read


def test_without_an_injected_cell_the_defaults_ran(used):
    rows = used()
    assert rows["dataset"].value == rows["dataset"].default == "'nasdaq'"
    assert rows["windows"].value == "[5, 10]"
    assert {row.source for row in rows.values()} == {"default"}


def test_comments_behind_the_default_give_unit_and_meaning(used):
    rows = used()
    assert rows["fees_bps"].comment == "per side, in bp"
    assert rows["windows"].comment == "fast windows, in days"
    assert rows["hash_sign"].comment == "of the run"
    assert rows["limit"].comment == ""


def test_injected_values_are_shown_and_changed_ones_come_first(used):
    rows = used("# Parameters\nlimit = 100\ndataset = 'nasdaq'\nseed = 7")
    assert [name for name, row in rows.items() if row.is_changed] == ["limit", "seed"]
    assert list(rows)[:2] == ["limit", "seed"]
    assert (rows["limit"].value, rows["limit"].default) == ("100", "5000")
    assert (rows["seed"].value, rows["seed"].default) == ("7", "")
    assert rows["dataset"].source == "given"


def test_another_spelling_of_the_same_number_is_no_change(used):
    rows = used("fees_bps = 5\nlimit = 5000")
    assert not any(row.is_changed for row in rows.values())


def test_true_is_not_the_same_as_one(cell, make_notebook):
    cells = [cell("n = 1", tags=("parameters",)), cell("n = True", tags=("injected-parameters",))]
    assert parameters_used(make_notebook(*cells))[0].is_changed


def test_papermill_metadata_is_read_where_no_cell_was_injected(used):
    rows = used(metadata={"papermill": {"parameters": {"dataset": "sp500"}}})
    assert rows["dataset"].value == "'sp500'"


def test_the_injected_cell_counts_if_metadata_disagrees(used):
    rows = used("limit = 1", metadata={"papermill": {"parameters": {"limit": 2}}})
    assert rows["limit"].value == "1"


def test_a_notebook_without_parameters_has_none(make_notebook, text):
    assert parameters_used(make_notebook(text("# Title"))) == ()


def test_a_parameters_cell_that_is_no_python_is_an_error(cell, make_notebook):
    with pytest.raises(NotebookError, match="'parameters' is not plain Python"):
        parameters_used(make_notebook(cell("seed = = 3", tags=("parameters",))))


def test_the_table_escapes_values_and_marks_changed_rows(used):
    html = ParameterTable(tuple(used("dataset = '<script>'").values())).html()
    assert "&lt;script&gt;" in html
    assert html.count("peak-changed") == 1
