"""The page of the contract and the code say the same, in both directions."""

import re
import tomllib
from itertools import product
from pathlib import Path

from peaklib.llm.roles import LAYERS, ROLES, Outcome
from peaklib.observability import BUCKETS, CALL_FIELDS, METRICS, OTHER, VALUES, CallMetrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "observability" / "METRICS_CONTRACT.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Rows of the first table under a heading."""
    lines = PAGE.split(f"\n## {heading}\n")[1].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def bound(cell: str, services: int) -> int:
    """The number that a cell such as `18 (n + 1)` or `6` stands for."""
    factor, _, pairs = cell.partition(" ")
    assert pairs in ("", "(n + 1)")
    return int(factor) * (services + 1 if pairs else 1)


def test_the_page_lists_every_metric_with_type_labels_and_meaning() -> None:
    listed = [
        (*names(name), kind, tuple(names(labels)), meaning)
        for name, kind, labels, meaning, _ in table("Metrics")
    ]
    assert listed == [(m.name, m.kind, m.labels, m.meaning) for m in METRICS]


def test_the_page_bounds_the_series_of_every_metric() -> None:
    for services in (0, 1, 10):
        bounds = {names(row[0])[0]: bound(row[4], services) for row in table("Metrics")}
        assert bounds == {metric.name: metric.most_series(services) for metric in METRICS}
        assert sum(bounds.values()) == 420 * (services + 1) + 6
    assert "All bounds together are 420 (n + 1) + 6." in PAGE


def test_the_page_lists_every_value_of_every_label() -> None:
    listed = {names(label)[0]: names(values) for label, values in table("Labels")}
    assert {label for row in table("Labels") for label in names(row[0])} == {
        label for metric in METRICS for label in metric.labels
    }
    assert listed.pop("provider") == [OTHER]
    assert listed.pop("direction") == [*VALUES["direction"], OTHER]
    assert listed == {label: list(VALUES[label]) for label in listed}
    assert {*listed, "direction"} == set(VALUES)


def test_the_page_lists_the_buckets() -> None:
    (bounds,) = re.findall(r"Buckets of the histogram end at ([\d., \n]+) seconds", PAGE)
    assert tuple(map(float, bounds.split(","))) == BUCKETS


def test_the_page_lists_the_fields_of_a_log_line() -> None:
    assert [names(row[0])[0] for row in table("Log lines")] == list(CALL_FIELDS)


def test_labels_take_the_words_of_the_control_plane() -> None:
    assert VALUES["layer"] == LAYERS
    assert VALUES["role"] == ROLES
    assert VALUES["outcome"] == tuple(Outcome)
    assert set(VALUES["kind"]) - {"policy"} <= set(Outcome)


def exposed(metrics: CallMetrics) -> tuple[dict[str, str], dict[str, int], dict[str, set[str]]]:
    """Type, number of series and names of labels, by metric, from the text for Prometheus."""
    text = metrics.text().decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    series = dict.fromkeys(kinds, 0)
    labels: dict[str, set[str]] = {name: set() for name in kinds}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name = re.sub(r"(?<=_seconds)_(bucket|sum|count)$", "", line.partition("{")[0])
        series[name] += 1
        labels[name] |= set(re.findall(r'(\w+)="', line)) - {"le"}
    return kinds, series, labels


def test_whatever_is_counted_only_metrics_of_the_contract_are_exposed_within_their_bounds() -> None:
    matrix = tomllib.loads((ROOT / "configs/ai/layer_model_matrix.toml").read_text("utf-8"))
    rows = [row for name, layer in matrix.items() if name in LAYERS for row in layer.values()]
    services = sorted({(row["provider"], row["model_id"]) for row in rows if "model_id" in row})
    assert len(services) >= 9
    metrics = CallMetrics(services)
    strange = [("openai", "gpt-99"), ("x\ny", 'a"b'), ("", ""), (OTHER, OTHER)]
    layers, roles = (*LAYERS, "L5", "x"), (*ROLES, "judge")
    for layer, role, service in product(layers, roles, [*services, *strange]):
        metrics.call(layer, role, *service)
        for outcome in (*Outcome, "odd", "other"):
            counts = dict.fromkeys(("seconds", "cost", "input_tokens", "output_tokens"), 1)
            metrics.attempt(layer, role, *service, outcome=outcome, **counts)
    for kind in (*VALUES["kind"], "odd"):
        metrics.alert(kind)

    kinds, series, labels = exposed(metrics)
    assert kinds == {metric.name: metric.kind for metric in METRICS}
    assert series == {metric.name: metric.most_series(len(services)) for metric in METRICS}
    assert labels == {metric.name: set(metric.labels) for metric in METRICS}
