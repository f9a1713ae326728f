"""A project with a few small cases of its own, and models that answer them in a known way."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_settings import TODAY, copy_ai

from peaklib.evidence import SealedRun
from peaklib.llm.evals import EvalPlan, load_suite, measure, plan_eval
from peaklib.llm.settings import load_settings
from peaklib.llm.standin import Asked, Said, StandIn

ASKED = "openai:gpt-5-mini"
PROMPT = """version = "test-outlook/1"
layer = "L2"
system = "You describe markets."
user = "Write: $sections. About: $context $evidence"
"""
THRESHOLDS = "\n".join(
    f"""[L{number}]
min_pass = 0.8{number}
min_format = 0.97
max_policy_violations = 0
max_cost_eur_per_case = "0.10"
max_p95_s = 6{number}
"""
    for number in range(5)
)
FACT = {"key": "sp500.vol", "value": 0.183, "unit": "%", "label": "volatility a year"}
CALM = "Volatility was low at 18.3 % [sp500.vol]."


def case(number: int, *checks: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A case of L2 about one fact."""
    return {
        "id": f"L2-{number:03d}",
        "title": f"case {number}",
        "prompt": "test_outlook",
        "values": {"context": f"number {number}"},
        "evidence": [FACT],
        "answer": {"kind": "sections", "titles": ["Summary"]},
        "checks": list(checks) or [{"kind": "contains", "any": ["low"]}],
        "why": "a weak model does not look",
        **changes,
    }


CASES = [
    case(1, {"kind": "contains", "field": "sections.Summary", "any": ["low", "calm"]}),
    case(2, {"kind": "cites", "keys": ["sp500.vol"]}, {"kind": "grounded"}),
    case(3, {"kind": "forbidden", "groups": ["trade"]}),
    case(4, {"kind": "equals", "field": "confidence", "value": "sure"}),
]


def answer(text: str = CALM, confidence: str = "sure") -> str:
    """An answer that follows the schema of the cases."""
    return json.dumps({"sections": {"Summary": text}, "confidence": confidence})


def good(asked: Asked) -> Said:
    """Passes every case."""
    return Said(answer())


def unlike(**by_number: str) -> Callable[[Asked], Said]:
    """Passes every case but those named `n1`, `n2` …, which get another text."""

    def say(asked: Asked) -> Said:
        for name, text in by_number.items():
            if f"number {name[1:]} " in asked.prompt:
                return Said(text)
        return good(asked)

    return say


@dataclass
class EvalProject:
    """A project of a test.

    Args:
        folder: its root.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """Where runs land."""
        return self.folder / "runs"

    def write_cases(self, cases: list[dict[str, Any]]) -> None:
        """Replace the cases of L2."""
        place = self.folder / "tests" / "evals" / "L2"
        place.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(each) + "\n" for each in cases)
        (place / "cases.jsonl").write_text(lines, "utf-8")

    def plan(self, **options: Any) -> EvalPlan:
        """An eval of L2; by a parrot unless `environ` is given."""
        configs = self.folder / "configs" / "ai"
        options = {"environ": {}, "parrot": "environ" not in options, **options}
        if options.get("replay"):
            options["parrot"] = False
        return plan_eval(
            load_settings(configs, today=TODAY),
            "L2",
            suite=load_suite("L2", self.folder / "tests" / "evals"),
            prompts=configs / "prompts",
            **options,
        )

    def measure(self, answers: Callable[[Asked], Said] = good, **options: Any) -> SealedRun:
        """An eval that a server on this machine answers."""
        faults = options.pop("faults", None)
        at_once = options.pop("at_once", 2)
        with StandIn(answers, faults=faults) as standin:
            environ = {"AI_ENABLED": "1", "AI_LOCAL_URL": standin.url}
            plan = self.plan(environ=environ, **options)
            return measure(plan, environ=environ, runs=self.runs, at_once=at_once)


def make_eval_project(folder: Path) -> EvalProject:
    """Settings, prompt and cases in a project of the test's own."""
    configs = copy_ai(folder)
    (configs / "prompts").mkdir(exist_ok=True)
    (configs / "prompts" / "test_outlook.toml").write_text(PROMPT, "utf-8")
    (configs / "evals.toml").write_text(THRESHOLDS, "utf-8")
    project = EvalProject(folder)
    project.write_cases(CASES)
    return project
