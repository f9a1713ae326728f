"""docs/reference/metrics.md names everything and prints what is computed."""

import ast
from importlib.metadata import version
from pathlib import Path

import metric_tables
import pytest

from peaklib import metrics
from peaklib.backtest import BacktestResult

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")


def definitions() -> dict[str, list[str]]:
    """Cells of the rows of the table of definitions, by name."""
    section = PAGE.split("## Definitions")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return {row[0].strip("`"): row for row in rows[2:]}


def public_names() -> list[str]:
    """Functions and classes that metrics.py defines for others."""
    tree = ast.parse(Path(metrics.__file__).read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]


def test_every_stored_number_has_a_row_in_order() -> None:
    rows = list(definitions())
    assert rows[: len(metrics.METRICS)] == list(metrics.METRIC_NAMES)


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_row_has_the_unit_of_the_metric(metric: metrics.Metric) -> None:
    assert definitions()[metric.name][5] == metric.unit


@pytest.mark.parametrize("name", public_names())
def test_every_public_name_is_on_the_page(name: str) -> None:
    assert f"`{name}" in PAGE


def test_rows_are_complete() -> None:
    for name, row in definitions().items():
        assert len(row) == 8, name
        assert all(cell.strip() for cell in row), name


@pytest.mark.parametrize("computed", ["reference_values", "drawdown_dates"])
def test_printed_values_are_the_computed_ones(
    computed: str, hold: BacktestResult, traded: BacktestResult
) -> None:
    assert getattr(metric_tables, computed)(hold, traded) in PAGE


def test_list_of_agreements_is_the_tested_one() -> None:
    assert metric_tables.agreements() in PAGE


@pytest.mark.slow
def test_table_of_differences_is_the_computed_one(
    hold: BacktestResult, traded: BacktestResult
) -> None:
    assert metric_tables.differences(hold, traded) in PAGE


@pytest.mark.slow
def test_table_of_edges_is_the_computed_one() -> None:
    assert metric_tables.edges() in PAGE


@pytest.mark.parametrize("library", ["empyrical-reloaded", "quantstats"])
def test_page_speaks_of_the_installed_version(library: str) -> None:
    assert f"{library} {version(library)}" in PAGE
