"""The router: what it asks before it sends, whom it asks next, and what it leaves on record."""

import asyncio
import re
import socket
import threading
import time
from pathlib import Path

import pytest
from ai_settings import TODAY, make_fit
from llm.routing import HELLO, RUN, Bench, bench
from scratch import wait_until

from peaklib.errors import (
    BudgetError,
    ConfigError,
    GuardrailError,
    PolicyViolation,
    ProviderError,
    SwitchedOffError,
)
from peaklib.llm import Limit, load_settings
from peaklib.observability import CALL_FIELDS

# Of the shape that keys have, and nobody's.
KEY = "-".join(["sk", "proj", "abcdefghijklm", "nopqrstuvwx", "0123456789"])
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string", "enum": ["pass", "fail"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}


def test_a_call_has_one_intent_and_one_outcome_on_record(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        reply = at.call()
        intent, outcome = at.lines("intent", "outcome")

    assert (reply.row, reply.provider, reply.model_id) == ("L2.primary", "openai", "gpt-5-mini")
    assert (intent["event"], outcome["event"]) == ("llm_intent", "llm_outcome")
    assert intent["call_id"] == outcome["call_id"] == reply.call_id
    assert (intent["run_id"], intent["prompt_version"]) == (RUN, "test/1")
    assert intent["request_hash"] == reply.request_hash
    assert (outcome["outcome"], outcome["returned"]) == ("ok", "gpt-5-mini")
    assert outcome["cost_micro_eur"] == reply.cost_micro_eur > 0
    assert intent["reserved_micro_eur"] > outcome["cost_micro_eur"]
    assert reply.endpoint == intent["endpoint"] == "local"
    assert intent["host"] == "127.0.0.1"


@pytest.mark.parametrize("value", [None, "", "0", "yes", "True", "on", " 1", "1 ", "TRUE"])
def test_nothing_is_sent_unless_models_are_switched_on(tmp_path: Path, value: str | None) -> None:
    with bench(tmp_path) as at:
        del at.environ["AI_ENABLED"]
        if value is not None:
            at.environ["AI_ENABLED"] = value
        with pytest.raises(SwitchedOffError, match="AI_ENABLED"):
            at.call()
        assert at.standin.seen == []
        (line,) = at.lines("intent", "outcome", "refused")
    assert (line["event"], line["outcome"]) == ("llm_refused", "disabled")


@pytest.mark.parametrize("value", ["1", "true"])
def test_the_switch_is_read_again_for_every_call(tmp_path: Path, value: str) -> None:
    with bench(tmp_path) as at:
        at.environ["AI_ENABLED"] = "0"
        with pytest.raises(SwitchedOffError):
            at.call()
        at.environ["AI_ENABLED"] = value
        assert at.call().text


def test_a_critic_is_asked_only_when_escalation_is_armed(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        del at.environ["AI_ARMED"]
        with pytest.raises(SwitchedOffError, match="AI_ARMED is not set"):
            at.call("L2", "critic")
        assert at.standin.seen == []
        at.environ["AI_ARMED"] = "true"
        assert at.call("L2", "critic").row == "L2.critic"


def test_the_critic_of_advice_is_the_critic_service_and_uses_its_budget(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        reply = at.call("L3", "critic")
        (intent,) = at.lines("intent")
    assert (reply.layer, reply.role, reply.row) == ("L3", "critic", "L4.primary")
    assert f"layer {RUN} L4" in intent["scopes"]


@pytest.mark.parametrize("layer", ["L5", "L6"])
def test_risk_gate_and_execution_cannot_ask_a_model(tmp_path: Path, layer: str) -> None:
    with bench(tmp_path) as at:
        with pytest.raises(PolicyViolation, match="deterministic"):
            at.call(layer)
        (line,) = at.lines("intent", "outcome", "refused")
    assert (line["event"], line["layer"], line["outcome"]) == ("llm_refused", layer, "denied")


def test_an_unknown_layer_or_role_says_what_there_is(tmp_path: Path) -> None:
    with bench(tmp_path) as at, pytest.raises(ConfigError, match="allowed: critic, primary"):
        at.call("L2", "fallback1")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("500", "outage"), ("reset", "outage"), ("429-garbage", "rate_limited"), ("402", "quota")],
)
def test_the_next_row_is_asked_after_what_another_service_may_not_have(
    tmp_path: Path, fault: str, outcome: str
) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": fault}) as at:
        reply = at.call()
        intents = at.lines("intent")
    assert reply.row == "L2.fallback1"
    assert [attempt.outcome for attempt in reply.attempts] == [outcome, "ok"]
    assert intents[1]["because"] == f"L2.primary ended with {outcome}"
    assert [intent["attempt"] for intent in intents] == [1, 2]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("400", "client_error"),
        ("401-echo", "auth"),
        ("403", "auth"),
        ("404", "gone"),
        ("422", "client_error"),
        ("307", "client_error"),
    ],
)
def test_a_bad_request_is_not_sent_to_every_provider(
    tmp_path: Path, fault: str, outcome: str
) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": fault}) as at:
        with pytest.raises(ProviderError, match=outcome) as caught:
            at.call()
        (line,) = at.lines("outcome")
        alerts = at.router.metrics.text().decode()
    assert not caught.value.retryable
    assert (line["outcome"], line["cost_micro_eur"]) == (outcome, 0)
    assert f'llm_alerts_total{{kind="{outcome}"}} 1.0' in alerts


def test_no_service_left_says_what_happened_at_each(tmp_path: Path) -> None:
    path = r"L2\.primary .*outage.*L2\.fallback1 .*outage"
    faults = {"gpt-5-mini": "500", "gemini-2.5-flash": "reset"}
    with bench(tmp_path, faults=faults) as at, pytest.raises(ProviderError, match=path) as caught:
        at.call()
    assert caught.value.retryable


def test_a_lesser_service_is_marked_in_the_reply(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5.2-pro": "503"}) as at:
        reply = at.call("L4")
        outcome = at.lines("outcome")[-1]
    assert (reply.row, reply.degraded, outcome["degraded"]) == ("L4.fallback1", True, True)


def test_a_wait_that_fits_the_deadline_is_waited_for(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": ["429-ms"]}) as at:
        reply = at.call()
        intents = at.lines("intent")
    assert reply.row == "L2.primary"
    assert [attempt.outcome for attempt in reply.attempts] == ["rate_limited", "ok"]
    assert intents[1]["because"] == (
        "L2.primary asked for 0.02 s of patience, which the deadline allows"
    )


def test_a_wait_beyond_the_deadline_goes_to_the_next_row_and_is_remembered(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": ["429-far"]}) as at:
        first, second = at.call(), at.call()
        intents = at.lines("intent")
    assert (first.row, second.row) == ("L2.fallback1", "L2.fallback1")
    assert [attempt.sent for attempt in second.attempts] == [False, True]
    left = re.fullmatch(
        r"L2\.primary is left alone for (\d+) s after rate_limited", intents[-1]["because"]
    )
    assert left
    assert 3500 < int(left[1]) <= 3600


def test_a_call_that_only_meets_pauses_is_on_record(tmp_path: Path) -> None:
    faults = {"gpt-5-mini": "500", "gemini-2.5-flash": "500"}
    with bench(tmp_path, faults=faults) as at:
        for run in (RUN, "20261121_120001_fedcba"):
            with pytest.raises(ProviderError):
                at.call(run_id=run)
        (line,) = at.lines("refused")
    assert (line["run_id"], line["row"]) == ("20261121_120001_fedcba", "L2.fallback1")
    assert "is left alone for" in line["reason"]


def test_without_a_key_nothing_is_sent_and_nothing_charged(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        del at.environ["AI_LOCAL_URL"]
        with pytest.raises(ProviderError, match="OPENAI_API_KEY is not set; export"):
            at.call()
        (line,) = at.lines("intent", "outcome", "refused")
    assert (line["event"], line["outcome"]) == ("llm_refused", "auth")


def test_where_nobody_listens_nothing_is_charged(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            at.environ["AI_LOCAL_URL"] = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(ProviderError, match="no connection"):
            at.call()
        assert [line["cost_micro_eur"] for line in at.lines("outcome")] == [0, 0]


def test_a_pause_ends_by_the_monotonic_clock(tmp_path: Path) -> None:
    now = [1000.0]
    options = {"monotonic": lambda: now[0]}
    with bench(tmp_path, faults={"gpt-5-mini": ["500"]}, options=options) as at:
        assert at.call().row == "L2.fallback1"
        now[0] += 4.9
        assert at.call().row == "L2.fallback1"
        now[0] += 0.2
        assert at.call().row == "L2.primary"


@pytest.mark.slow
def test_the_deadline_is_one_for_connecting_waiting_and_reading(tmp_path: Path) -> None:
    changes = {"budgets": {"deadline_s = 120": "deadline_s = 0.4"}}
    faults = {"gpt-5-mini": "drip-body", "gemini-2.5-flash": "hang-before-body"}

    def seconds(folder: Path) -> float:
        with bench(folder, changes=changes, faults=faults) as at:
            started = time.monotonic()
            with pytest.raises(ProviderError):
                at.call()
            return time.monotonic() - started

    # Two rows with 0.4 s each. A busy machine may be slow once, but not three times.
    took = seconds(tmp_path / "0")
    assert took > 0.8
    assert took < 5 or any(seconds(tmp_path / again) < 5 for again in "12")


@pytest.mark.parametrize("fault", ["other-model", "unknown-snapshot", "case-model", "routed-model"])
def test_another_model_in_the_reply_locks_the_service_out(tmp_path: Path, fault: str) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": [fault]}) as at:
        with pytest.raises(GuardrailError, match="gpt-5-mini was asked and"):
            at.call()
        with pytest.raises(SwitchedOffError, match="peak llm enable 'local openai:gpt-5-mini'"):
            at.call()
        assert len(at.standin.seen) == 1
        assert [line["outcome"] for line in at.lines("outcome", "refused")] == ["drift", "disabled"]
        assert at.lines("disabled")[0]["service"] == "local openai:gpt-5-mini"
        assert 'llm_alerts_total{kind="drift"} 1.0' in at.router.metrics.text().decode()


def test_a_person_lets_a_service_be_asked_again(tmp_path: Path) -> None:
    from peaklib.llm.books import Books

    with bench(tmp_path, faults={"gpt-5-mini": ["other-model"]}) as at:
        with pytest.raises(GuardrailError):
            at.call()
        books = Books(at.runs / "llm", at.router.ledger)
        books.enable("local openai:gpt-5-mini", "Ada", "the provider had mixed up its canary")
        assert at.call().row == "L2.primary"


def test_a_forbidden_model_in_the_reply_is_a_violation_and_locks_the_service_out(
    tmp_path: Path,
) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": ["forbidden-model"]}) as at:
        with pytest.raises(PolicyViolation, match="denylist"):
            at.call()
        with pytest.raises(SwitchedOffError):
            at.call()
        assert at.lines("outcome")[0]["outcome"] == "denied"


def test_an_accepted_snapshot_is_no_drift(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": "snapshot"}) as at:
        assert at.call().returned == "gpt-5-mini-2025-08-07"


@pytest.mark.parametrize(
    "fault", ["schema-violated", "schema-prose", "fenced", "prose-around", "nan"]
)
def test_an_answer_that_breaks_its_schema_is_discarded(tmp_path: Path, fault: str) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": fault}) as at:
        with pytest.raises(GuardrailError, match="schema"):
            at.call(response_schema=SCHEMA)
        assert [line["outcome"] for line in at.lines("outcome")] == ["format"]


def test_an_answer_that_follows_its_schema_is_parsed(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        assert at.call(response_schema=SCHEMA).parsed == {"verdict": "pass"}


def test_a_schema_that_is_none_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        with pytest.raises(ConfigError, match="response_schema"):
            at.call(response_schema={"type": "objekt"})
        assert at.standin.seen == []


@pytest.mark.parametrize("fault", ["no-usage", "negative-usage", "absurd-usage", "usage-over-cap"])
def test_usage_that_cannot_be_believed_costs_what_was_set_aside(tmp_path: Path, fault: str) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": fault}) as at:
        reply = at.call()
        intent, outcome = at.lines("intent", "outcome")
    assert reply.usage is None
    assert outcome["cost_micro_eur"] == intent["reserved_micro_eur"]
    assert outcome["tokens"] == intent["reserved_tokens"]
    assert outcome["usage"] in ("missing", "absurd")


def test_without_a_price_nobody_is_asked(tmp_path: Path) -> None:
    changes = {"prices": {'model_id = "gpt-5-mini"': 'model_id = "gpt-5-micro"'}}
    with bench(tmp_path, changes=changes) as at:
        with pytest.raises(BudgetError, match=r"prices\.toml"):
            at.call()
        assert at.standin.seen == []
        assert at.lines("refused")[0]["outcome"] == "budget"


def test_a_budget_of_the_call_counts_besides_the_others(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        with pytest.raises(BudgetError, match="call "):
            at.call(budget=Limit(max_tokens=10, max_cost=10**6, max_calls=1, deadline_s=9.0))
        assert at.standin.seen == []


@pytest.mark.slow
def test_64_callers_cannot_overrun_a_budget_by_one_cent(tmp_path: Path) -> None:
    """Each sets 0.0185 EUR aside and uses 0.0044: at 0.10 EUR nobody is asked any more."""
    calls = {'max_cost_eur = "0.60"\nmax_calls = 12': 'max_cost_eur = "0.10"\nmax_calls = 999'}
    price = 'input = "0.25"\noutput = "2.00"'
    changes = {"budgets": calls, "prices": {price: f'{price}\nper_call = "0.005"'}}
    spent, refused = [], []
    with bench(tmp_path, changes=changes) as at:

        def caller() -> None:
            try:
                spent.append(at.call().cost_micro_eur)
            except BudgetError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=caller) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        settled = [line["cost_micro_eur"] for line in at.lines("outcome")]
        reserved = at.lines("intent")[0]["reserved_micro_eur"]
    assert len(spent) + len(refused) == 64
    assert refused
    assert sorted(settled) == sorted(spent)
    # At least one of those refused saw less than its reservation left, and none went over.
    assert reserved < sum(spent) <= 100_000


def as_prod(at: Bench, **changes: object) -> None:
    """The router's settings in production, without a stand-in."""
    settings = at.router.settings
    object.__setattr__(settings, "profile", "prod")
    for name, value in changes.items():
        object.__setattr__(settings, name, value)
    del at.environ["AI_LOCAL_URL"]


def test_in_production_nobody_is_asked_who_is_not_verified(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        as_prod(at)
        with pytest.raises(PolicyViolation, match="only verified models"):
            at.call()
        assert at.lines("refused")[0]["outcome"] == "denied"


def test_in_production_nobody_is_asked_whose_service_has_ended(tmp_path: Path) -> None:
    folder = make_fit(tmp_path / "fit")
    verified = load_settings(folder, profile="prod", today=TODAY)
    with bench(tmp_path) as at:
        as_prod(at, lock=verified.lock, demands=verified.demands)
        with pytest.raises(ProviderError, match="has ended on 2026-07-23"):
            at.call("L1")
        assert at.lines("refused")[0]["outcome"] == "gone"


def test_in_production_no_stand_in_may_answer(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        url = at.environ["AI_LOCAL_URL"]
        as_prod(at)
        at.environ["AI_LOCAL_URL"] = url
        with pytest.raises(ConfigError, match="AI_LOCAL_URL"):
            at.call()
        assert at.standin.seen == []


def test_a_caller_that_gives_up_leaves_a_record_and_no_connection(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": "hang-headers"}) as at:

        async def give_up() -> None:
            work = asyncio.ensure_future(
                at.router.acall("L2", "primary", HELLO, run_id=RUN, prompt_version="test/1")
            )
            while not at.standin.seen:
                await asyncio.sleep(0.01)
            work.cancel()
            await work

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(give_up())
        wait_until(lambda: bool(at.lines("outcome")), "the outcome's line")
        intent, outcome = at.lines("intent", "outcome")
    assert outcome["reason"] == "ended on this side: interrupted"
    assert outcome["latency_ms"] > 0
    assert outcome["cost_micro_eur"] == intent["reserved_micro_eur"]


def test_it_can_be_awaited_and_called_inside_of_a_running_loop(tmp_path: Path) -> None:
    async def both() -> list[str]:
        asked = [
            at.router.acall("L2", "primary", HELLO, run_id=RUN, prompt_version="test/1")
            for _ in range(3)
        ]
        texts = [reply.text for reply in await asyncio.gather(*asked)]
        # As in a cell of a notebook: the loop is busy running this very line.
        return [*texts, at.call().text]

    with bench(tmp_path) as at:
        assert len(set(asyncio.run(both()))) == 1


def test_a_full_call_is_one_line_of_the_log_and_one_count(tmp_path: Path) -> None:
    import json

    with bench(tmp_path, faults={"gpt-5-mini": "500"}) as at:
        reply = at.call()
        (line,) = (at.runs / "llm" / "calls.jsonl").read_text("utf-8").splitlines()
        counts = at.router.metrics.text().decode()
    logged = json.loads(line)
    assert set(CALL_FIELDS) <= set(logged)
    assert {name: logged[name] for name in ("event", "run_id", "layer", "role")} == {
        "event": "llm_call",
        "run_id": RUN,
        "layer": "L2",
        "role": "primary",
    }
    assert (logged["provider"], logged["model_id"]) == ("google", "gemini-2.5-flash")
    assert logged["request_hash"] == reply.request_hash
    assert counts.count("\nllm_calls_total{") == 1
    assert counts.count("\nllm_attempts_total{") == 2


@pytest.mark.parametrize("stored", [False, True])
def test_prompts_are_kept_only_where_that_is_switched_on(tmp_path: Path, stored: bool) -> None:
    environ = {"OPENAI_API_KEY": KEY}
    words = ({"role": "user", "content": f"remember the word juniper and {KEY}"},)
    with bench(tmp_path, environ=environ, options={"store_prompts": stored}) as at:
        at.call(messages=words)
        texts = [
            path.read_text("utf-8", "replace") for path in at.runs.rglob("*") if path.is_file()
        ]
    assert any("juniper" in text for text in texts) == stored
    assert not any(KEY in text for text in texts)


def test_keys_are_found_nowhere_after_a_service_echoed_one(tmp_path: Path) -> None:
    """The stand-in is given no key; the words of the error are another test's, of the client."""
    environ = {"OPENAI_API_KEY": KEY}
    with bench(tmp_path, environ=environ, faults={"gpt-5-mini": "401-echo"}) as at:
        with pytest.raises(ProviderError) as caught:
            at.call()
        assert KEY not in str(at.standin.seen)
    assert KEY not in str(caught.value)


def test_a_log_that_cannot_be_written_loses_no_answer(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        (at.runs / "llm" / "calls.jsonl").mkdir(parents=True)
        assert at.call().text
        assert at.lines("outcome")[0]["outcome"] == "ok"


def test_a_ledger_that_cannot_be_written_stops_the_call(tmp_path: Path) -> None:
    from peaklib.errors import EvidenceError

    with bench(tmp_path) as at:
        at.runs.mkdir(exist_ok=True)
        (at.runs / "ledger.jsonl").mkdir()
        with pytest.raises(EvidenceError):
            at.call()
        assert at.standin.seen == []
