"""Counts of calls: what they add up to, for whom, over threads, and as Prometheus reads them."""

import subprocess
import sys
from threading import Thread

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from peaklib.observability import BUCKETS, OTHER, CallMetrics

GPT = ("openai", "gpt-5.2")
GEMINI = ("google", "gemini-2.5-flash")
CALL = ("L1", "primary", *GPT)


def attempt(
    metrics: CallMetrics,
    call: tuple[str, str, str, str] = CALL,
    *,
    outcome: str = "ok",
    seconds: float = 1.0,
    cost: int = 0,
    tokens: tuple[int, int] = (0, 0),
) -> None:
    metrics.attempt(
        *call,
        outcome=outcome,
        seconds=seconds,
        cost=cost,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
    )


def samples(metrics: CallMetrics) -> dict[tuple[str, ...], float]:
    """Values by name and sorted values of labels, read back by the library's own parser."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_calls_attempts_cost_and_tokens_add_up_by_who_was_asked() -> None:
    metrics = CallMetrics([GPT, GEMINI])
    attempt(metrics, outcome="timeout", cost=70)
    attempt(metrics, ("L1", "primary", *GEMINI), cost=12_345, tokens=(1000, 50))
    metrics.call("L1", "primary", *GEMINI)
    attempt(metrics, ("L1", "primary", *GEMINI), cost=55, tokens=(10, 5))
    metrics.call("L1", "primary", *GEMINI)
    found = samples(metrics)
    gemini, gpt = ("L1", GEMINI[1], GEMINI[0]), ("L1", GPT[1], GPT[0])
    assert found["llm_calls_total", *gemini, "primary"] == 2
    assert ("llm_calls_total", *gpt, "primary") not in found
    assert found["llm_attempts_total", *gpt[:2], "timeout", GPT[0], "primary"] == 1
    assert found["llm_attempts_total", *gemini[:2], "ok", GEMINI[0], "primary"] == 2
    assert found["llm_cost_micro_eur_total", *gpt, "primary"] == 70
    assert found["llm_cost_micro_eur_total", *gemini, "primary"] == 12_400
    assert found["llm_tokens_total", "input", *gemini, "primary"] == 1010
    assert found["llm_tokens_total", "output", *gemini, "primary"] == 55


def test_durations_are_counted_up_to_each_bound_and_over_all() -> None:
    metrics = CallMetrics([GPT])
    for seconds in (0.0, 0.1, 0.11, 2.5, 3600.0, 3600.5):
        attempt(metrics, seconds=seconds)
    found = samples(metrics)
    who = (GPT[1], GPT[0])
    up_to = {
        bound: found["llm_attempt_seconds_bucket", "L1", str(bound), *who] for bound in BUCKETS
    }
    assert (up_to[0.1], up_to[0.25], up_to[1.0], up_to[2.5], up_to[900.0]) == (2, 3, 3, 4, 4)
    assert up_to[3600.0] == 5
    assert found["llm_attempt_seconds_bucket", "L1", "+Inf", *who] == 6
    assert found["llm_attempt_seconds_count", "L1", *who] == 6
    assert found["llm_attempt_seconds_sum", "L1", *who] == pytest.approx(7203.21)


@pytest.mark.parametrize(
    ("call", "labels"),
    [
        (("L9", "primary", *GPT), (OTHER, GPT[1], GPT[0], "primary")),
        (("L1", "judge", *GPT), ("L1", GPT[1], GPT[0], OTHER)),
        (("L1", "primary", GPT[0], GEMINI[1]), ("L1", OTHER, OTHER, "primary")),
        (("L1", "primary", GPT[0], 'gpt"\n# x'), ("L1", OTHER, OTHER, "primary")),
        (("", "", "", ""), (OTHER, OTHER, OTHER, OTHER)),
    ],
)
def test_what_was_not_known_beforehand_is_counted_as_other(
    call: tuple[str, str, str, str], labels: tuple[str, ...]
) -> None:
    metrics = CallMetrics([GPT, GEMINI])
    metrics.call(*call)
    attempt(metrics, call, outcome="strange")
    metrics.alert("strange")
    found = samples(metrics)
    assert found["llm_calls_total", *labels] == 1
    assert found["llm_attempts_total", *labels[:2], OTHER, *labels[2:]] == 1
    assert found["llm_alerts_total", OTHER] == 1


def test_a_million_strange_names_are_one_series() -> None:
    metrics = CallMetrics([GPT])
    for number in range(2000):
        metrics.call(f"L{number + 7}", str(number), str(number), str(number))
    calls = {key: value for key, value in samples(metrics).items() if key[0] == "llm_calls_total"}
    assert calls == {("llm_calls_total", *[OTHER] * 4): 2000}


def test_alerts_start_at_zero_so_that_the_first_is_an_increase() -> None:
    metrics = CallMetrics([])
    assert {value for (name, *_), value in samples(metrics).items()} == {0.0}
    metrics.alert("drift")
    assert samples(metrics)["llm_alerts_total", "drift"] == 1


def test_an_attempt_with_something_negative_counts_nothing() -> None:
    metrics = CallMetrics([GPT])
    before = metrics.text()
    for wrong in ({"seconds": -0.1}, {"cost": -1}, {"tokens": (-1, 0)}, {"tokens": (0, -1)}):
        with pytest.raises(ValueError, match="negative"):
            attempt(metrics, **wrong)
    assert metrics.text() == before


def test_threads_lose_no_count() -> None:
    metrics = CallMetrics([GPT])

    def work() -> None:
        for _ in range(500):
            attempt(metrics, cost=3, tokens=(2, 1))
            metrics.call(*CALL)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.text()
    found = samples(metrics)
    assert found["llm_calls_total", "L1", GPT[1], GPT[0], "primary"] == 4000
    assert found["llm_cost_micro_eur_total", "L1", GPT[1], GPT[0], "primary"] == 12_000
    assert found["llm_attempt_seconds_count", "L1", GPT[1], GPT[0]] == 4000


def test_the_text_depends_on_the_counts_alone() -> None:
    one, other = CallMetrics([GPT, GEMINI]), CallMetrics([GEMINI, GPT])
    one.call(*CALL)
    one.call("L0", "critic", *GEMINI)
    other.call("L0", "critic", *GEMINI)
    other.call(*CALL)
    assert one.text() == other.text()
    assert b"_created" not in one.text()


def test_two_counts_know_nothing_of_each_other_nor_of_the_registry_of_the_process() -> None:
    before = generate_latest(REGISTRY).count(b"llm_")
    one, other = CallMetrics([GPT]), CallMetrics([GPT])
    one.call(*CALL)
    assert ("llm_calls_total", "L1", GPT[1], GPT[0], "primary") not in samples(other)
    assert generate_latest(REGISTRY).count(b"llm_") == before == 0


def test_a_registry_shows_what_is_counted_after_it_was_made() -> None:
    metrics = CallMetrics([GPT])
    registry = metrics.registry()
    assert isinstance(registry, CollectorRegistry)
    metrics.call(*CALL)
    labels = dict(zip(("layer", "role", "provider", "model_id"), CALL, strict=True))
    assert registry.get_sample_value("llm_calls_total", labels) == 1


def test_counting_loads_neither_prometheus_nor_structlog() -> None:
    code = (
        "import sys; from peaklib.observability import CallMetrics;"
        "CallMetrics([]).call('L0', 'primary', 'a', 'b');"
        "print(sorted({'prometheus_client', 'structlog', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
