"""What a notebook is given: checked prose, or why there is none, and the same again on repeat."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ai_settings import copy_ai
from scratch import ROOT

from peaklib.errors import ConfigError, EvidenceError
from peaklib.evidence import Registry, Run, attach, open_run, start_run
from peaklib.evidence.vouch import verify_runs
from peaklib.llm import Session
from peaklib.llm.grounding import Evidence, Fact
from peaklib.llm.session.recording import Said, Unanswered
from peaklib.llm.standin import Asked, Said as Told, StandIn

FACTS = Evidence(
    [
        Fact("sp500.vol", 0.183, "%", 1, "1999-2018", "volatility a year"),
        Fact("sp500.max_dd", -0.552, "%", 1, "1999-2018", "largest drawdown"),
    ]
)
SECTIONS = ("Summary", "Risks")
Answer = Callable[[Asked], Told]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the example's configuration and the prompts of this checkout, at work."""
    shutil.copytree(ROOT / "configs/ai/prompts", copy_ai(tmp_path) / "prompts")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    monkeypatch.delenv("PEAK_INPUTS", raising=False)
    return tmp_path


def staged(folder: Path, name: str = "20261121_120000_abcdef") -> Run:
    """A run that is being made."""
    place = folder / "runs" / ".staging" / name
    place.mkdir(parents=True)
    return attach(place)


def kept(run: Run) -> dict[str, object]:
    assert run.folder is not None
    found: dict[str, object] = json.loads((run.folder / "inputs/llm/session.json").read_bytes())
    return found


def says(
    summary: str, risks: str = "Nothing.", confidence: str = "sure"
) -> Callable[[Asked], Told]:
    """A model that writes given sections; as a critic it fails whatever it sees."""

    def answer(asked: Asked) -> Told:
        assert asked.schema is not None
        if "verdict" in asked.schema["properties"]:
            return Told(json.dumps({"verdict": "fail", "findings": ["the summary invents"]}))
        sections = {"Summary": summary, "Risks": risks}
        return Told(json.dumps({"sections": sections, "confidence": confidence}))

    return answer


def on(url: str, **more: str) -> dict[str, str]:
    return {"AI_ENABLED": "1", "AI_LOCAL_URL": url, **more}


def test_off_it_says_so_asks_nobody_and_keeps_that(tmp_path: Path) -> None:
    run = staged(tmp_path)
    desk = Session(run, layer="L2", prompt="l2_outlook", environ={})
    assert desk.write(FACTS, SECTIONS) is None
    assert desk.status == "No model was asked: AI_ENABLED is not set."
    assert desk.calls().empty
    desk.finish()
    assert kept(run)["status"] == desk.status
    assert all(len(str(kept(run)[f"{name}_digest"])) == 64 for name in ("matrix", "policy"))
    assert not (tmp_path / "runs" / "ledger.jsonl").exists()


def test_off_nothing_of_the_sdk_is_loaded() -> None:
    code = (
        "import sys; from peaklib.evidence import attach; from peaklib.llm import Session\n"
        "desk = Session(attach(''), layer='L2', prompt='l2_outlook', environ={}); desk.finish()\n"
        "print(sorted({'openai', 'httpx2', 'prometheus_client', 'structlog'} & set(sys.modules)))"
    )
    environ = {**os.environ, "PEAK_HOME": str(ROOT)}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-c", code], env=environ, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_text_that_holds_is_grounded_and_nobody_criticises_it(tmp_path: Path) -> None:
    answer = says("Volatility was 18.3 % [sp500.vol].", "The fall was -55.2 % [sp500.max_dd].")
    run = staged(tmp_path)
    with StandIn(answer) as server:
        desk = Session(run, layer="L2", prompt="l2_outlook", environ=on(server.url, AI_ARMED="1"))
        written = desk.write(FACTS, SECTIONS)
        desk.finish()
    assert written is not None
    assert written.grounded
    assert (written.escalated, written.critic, written.unsupported()) == ((), None, [])
    assert "a stand-in on this machine, asked for openai:gpt-5-mini" in desk.status
    (row,) = desk.calls().to_dict("records")
    assert (row["row"], row["from"], row["attempts"]) == ("L2.primary", "this machine", 1)
    assert float(row["EUR"]) == written.said.cost_micro_eur / 1e6 > 0
    ledger = (run.folder or Path()) / "outputs/llm/ledger.jsonl"
    events = [json.loads(line)["event"] for line in ledger.read_text("utf-8").splitlines()]
    assert events == ["llm_intent", "llm_outcome"]
    record = kept(run)
    assert len(str(record["matrix_digest"])) == len(str(record["policy_digest"])) == 64


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (says("Volatility was 13.8 % [sp500.vol]."), "grounding"),
        (says("Volatility was 18.3 %."), "grounding"),
        (says("You should buy the index now."), "policy"),
        (says("Volatility was 18.3 % [sp500.vol].", confidence="unsure"), "unsure"),
    ],
    ids=["wrong number", "no key", "advice", "unsure"],
)
def test_a_critic_is_wanted_by_rule(tmp_path: Path, answer: Answer, rule: str) -> None:
    with StandIn(answer) as server:
        environ = on(server.url, AI_ARMED="1")
        desk = Session(staged(tmp_path), layer="L2", prompt="l2_outlook", environ=environ)
        written = desk.write(FACTS, SECTIONS)
        models = [asked.model for asked in server.seen]
        desk.finish()
    assert written is not None
    assert [reason.rule for reason in written.escalated] == [rule]
    assert models == ["gpt-5-mini", "gpt-5.2"]
    assert isinstance(written.critic, Said)
    assert "says fail: the summary invents" in written.verdict


def test_without_the_second_switch_the_critic_is_wanted_and_not_asked(tmp_path: Path) -> None:
    with StandIn(says("Volatility was 13.8 % [sp500.vol].")) as server:
        desk = Session(staged(tmp_path), layer="L2", prompt="l2_outlook", environ=on(server.url))
        written = desk.write(FACTS, SECTIONS)
        assert len(server.seen) == 1
        desk.finish()
    assert written is not None
    assert isinstance(written.critic, Unanswered)
    assert "AI_ARMED is not set" in written.verdict
    assert written.unsupported()[0]["section"] == "Summary"


@pytest.mark.parametrize("fault", ["500", "fenced", "other-model", "401"])
def test_a_notebook_goes_on_when_no_model_answers(tmp_path: Path, fault: str) -> None:
    faults = dict.fromkeys(("gpt-5-mini", "gemini-2.5-flash"), fault)
    run = staged(tmp_path)
    with StandIn(faults=faults) as server:
        desk = Session(run, layer="L2", prompt="l2_outlook", environ=on(server.url))
        assert desk.write(FACTS, SECTIONS) is None
        desk.finish()
    assert desk.status.startswith("No answer (primary):")
    (row,) = desk.calls().to_dict("records")
    assert (row["answer"], row["row"] != "") == ("none", True)
    (lost,) = kept(run)["calls"]
    spent = [float(row["EUR"]), lost["cost_micro_eur"] / 1e6]
    assert spent[0] == spent[1]
    assert not lost["reason"].startswith("call ")


def test_a_repeated_run_is_given_the_answers_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = staged(tmp_path)
    with StandIn(says("Volatility was 13.8 % [sp500.vol].")) as server:
        environ = on(server.url, AI_ARMED="1")
        desk = Session(run, layer="L2", prompt="l2_outlook", environ=environ)
        first = desk.write(FACTS, SECTIONS)
        desk.finish()
        asked = len(server.seen)
        again = staged(tmp_path / "again")
        environ["PEAK_INPUTS"] = str(run.folder)
        repeat = Session(again, layer="L2", prompt="l2_outlook", environ=environ)
        second = repeat.write(FACTS, SECTIONS)
        repeat.finish()
        assert len(server.seen) == asked
    assert second == first
    assert repeat.status == desk.status
    assert kept(again) == kept(run)
    assert not (tmp_path / "again" / "runs" / "ledger.jsonl").exists()


def test_a_repeated_run_that_asks_something_else_is_told_so(tmp_path: Path) -> None:
    run = staged(tmp_path)
    with StandIn(says("Volatility was 18.3 % [sp500.vol].")) as server:
        desk = Session(run, layer="L2", prompt="l2_outlook", environ=on(server.url))
        desk.write(FACTS, SECTIONS)
        desk.finish()
        environ = on(server.url, PEAK_INPUTS=str(run.folder))
        repeat = Session(staged(tmp_path / "b"), layer="L2", prompt="l2_outlook", environ=environ)
        with pytest.raises(EvidenceError, match="nobody is asked anew"):
            repeat.write(Evidence([Fact("other", 1, "count")]), SECTIONS)


def test_a_run_that_asked_nobody_asks_nobody_when_it_is_repeated(tmp_path: Path) -> None:
    run = staged(tmp_path)
    Session(run, layer="L2", prompt="l2_outlook", environ={}).finish()
    with StandIn() as server:
        environ = on(server.url, PEAK_INPUTS=str(run.folder))
        repeat = Session(staged(tmp_path / "b"), layer="L2", prompt="l2_outlook", environ=environ)
        assert repeat.write(FACTS, SECTIONS) is None
        assert server.seen == []
    assert repeat.status == "No model was asked: AI_ENABLED is not set."


def test_a_prompt_of_another_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="L1 cannot use it"):
        Session(staged(tmp_path), layer="L1", prompt="l2_outlook", environ={})


def test_a_notebook_opened_by_hand_has_an_id_in_the_ledger_and_keeps_nothing(
    tmp_path: Path,
) -> None:
    with StandIn(says("Volatility was 18.3 % [sp500.vol].")) as server:
        desk = Session(attach(""), layer="L2", prompt="l2_outlook", environ=on(server.url))
        assert desk.write(FACTS, SECTIONS) is not None
        desk.finish()
    assert desk.run_id.startswith("unrecorded_")
    assert desk.run_id in (tmp_path / "runs" / "ledger.jsonl").read_text("utf-8")


def published(runs: Path, environ: dict[str, str]) -> str:
    """A run whose text was written by a model, sealed."""
    with (
        start_run(kind="interactive", config={}, runs=runs) as run,
        Session(run, layer="L2", prompt="l2_outlook", environ=environ) as desk,
    ):
        assert desk.write(FACTS, SECTIONS) is not None
    return run.run_id


def test_answers_of_a_run_verify_and_those_out_of_a_file_do_not(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with StandIn(says("Volatility was 13.8 % [sp500.vol].")) as server:
        environ = on(server.url, AI_ARMED="1")
        honest = published(runs, environ)
    forged = published(runs, {"PEAK_INPUTS": str(runs / honest)})
    reports = [next(verify_runs(Registry(runs), [name]).reports) for name in (honest, forged)]
    assert [report.ok for report in reports] == [True, False]
    assert [report.checks[-1].against for report in reports] == [
        "2 calls of models against the ledger"
    ] * 2
    assert [check.name for check in reports[1].failed] == ["answers"]
    assert reports[1].checks[-1].details[0].endswith("other in the ledger: run_id")


@pytest.mark.parametrize("spelled", ["{}", "\\u0068{}"], ids=["plain", "escaped"])
def test_a_run_whose_answer_held_a_secret_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    word = "hunter2" * 2
    monkeypatch.setenv("SOME_TOKEN", word)
    told = spelled.format(word[1:] if "u0068" in spelled else word)
    text = json.dumps({"sections": {"Summary": "It is TOLD.", "Risks": ""}, "confidence": "unsure"})

    def answer(asked: Asked) -> Told:
        written = says("")(asked)
        is_critic = asked.schema is not None and "verdict" in asked.schema["properties"]
        return written if is_critic else Told(text.replace("TOLD", told))

    runs = tmp_path / "runs"
    with StandIn(answer) as server:
        first = published(runs, {**os.environ, **on(server.url, AI_ARMED="1")})
        pack = open_run(first, runs=runs).folder
        content = (pack / "inputs/llm/session.json").read_text("utf-8")
        assert "[redacted: SOME_TOKEN]" in content
        assert word[1:] not in content
        environ = {**os.environ, "PEAK_INPUTS": str(pack)}
        again = Session(
            staged(tmp_path / "b"), layer="L2", prompt="l2_outlook", environ=environ
        ).write(FACTS, SECTIONS)
    assert again is not None
    assert isinstance(again.critic, Said)
    (report,) = verify_runs(Registry(runs), [first]).reports
    assert report.ok, report
