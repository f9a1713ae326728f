"""What an eval is going to do, checked before anybody is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from peaklib.config import unknown
from peaklib.errors import ConfigError, SwitchedOffError
from peaklib.llm.evals.asking import Question, questions_of
from peaklib.llm.evals.case import Case
from peaklib.llm.evals.subject import alone, subject_of
from peaklib.llm.evals.suite import Suite, load_suite
from peaklib.llm.routing.switches import ENABLED, is_on, why_off
from peaklib.llm.session.prompts import Prompt, load_prompt
from peaklib.llm.settings import Row, Settings
from peaklib.llm.settings.settings import LOCAL_URL
from peaklib.llm.standin import recorded

Source = Literal["provider", "local", "parrot", "replay"]
SOURCES: Final[Mapping[str, str]] = {
    "provider": "the provider answered",
    "local": f"the server at {LOCAL_URL} answered, no provider was asked",
    "parrot": "a parrot on this machine answered, no model was asked",
    "replay": "recorded replies answered, no model was asked",
}
"""Who answers, in words, by source."""
OFFLINE: Final = frozenset({"parrot", "replay"})
"""Sources served by this process; ledger and budgets of the project stay as they are."""


@dataclass(frozen=True)
class EvalPlan:
    """An eval that can be made.

    Args:
        suite: all cases of the layer.
        cases: those that are asked, by id.
        row: that is measured.
        settings: in which it alone serves the layer.
        prompts: of the cases, by name.
        questions: what is asked.
        source: who answers.
        replay: recorded replies, if these answer.
    """

    suite: Suite
    cases: tuple[Case, ...]
    row: Row
    settings: Settings
    prompts: Mapping[str, Prompt]
    questions: tuple[Question, ...]
    source: Source
    replay: Path | None = None

    @property
    def whole(self) -> bool:
        """Whether all cases of the layer are asked."""
        return len(self.cases) == len(self.suite)

    def config(self) -> dict[str, Any]:
        """What decides the result, as plain values."""
        return {
            "layer": self.suite.layer,
            "service": self.row.service,
            "api": self.row.api,
            "source": self.source,
            "said": SOURCES[self.source],
            "eval_digest": self.suite.digest,
            "cases": [case.id for case in self.cases],
            "whole": self.whole,
            "prompts": {name: prompt.digest for name, prompt in sorted(self.prompts.items())},
            "max_output_tokens": self.settings.call_tokens(self.suite.layer),
            "policy_digest": self.settings.policy_digest,
        }


def plan_eval(
    settings: Settings,
    layer: str,
    *,
    model: str | None = None,
    cases: str | None = None,
    parrot: bool = False,
    replay: Path | None = None,
    environ: Mapping[str, str],
    suite: Suite | None = None,
    prompts: Path | None = None,
) -> EvalPlan:
    """Make sure that an eval can be made; nobody is asked.

    Args:
        settings: of `configs/ai`, in the profile dev: what is measured is not verified yet.
        layer: `L0` … `L4`.
        model: `provider:model_id`; the layer's primary row by default.
        cases: a number, for so many from the first on, or ids with commas between; all by default.
        parrot: whether a stand-in of this process answers.
        replay: file of recorded replies that answer.
        environ: switches, and variables of addresses.
        suite: cases; those of the project by default.
        prompts: folder; that of the project by default.

    Raises:
        ConfigError: no such layer, model or case; a case does not fit its prompt; the address of
            the provider is not complete.
        PolicyViolation: the policy refuses the model.
        DataError: the file of recorded replies is none.
        SwitchedOffError: a model would be asked, and `AI_ENABLED` is off.
    """
    row = subject_of(settings, layer, model)
    whole = suite or load_suite(layer)
    chosen = _chosen(whole, cases)
    named = {case.prompt: load_prompt(case.prompt, prompts) for case in chosen}
    questions = questions_of(chosen, named, settings.call_tokens(layer))
    source: Source = "parrot" if parrot else "provider"
    if replay is not None:
        recorded(replay)  # a file that is none is found before a run is opened
        source = "replay"
    elif not parrot:
        source = _asked_source(settings, row, environ)
    return EvalPlan(whole, chosen, row, alone(settings, row), named, questions, source, replay)


def _asked_source(settings: Settings, row: Row, environ: Mapping[str, str]) -> Source:
    if not is_on(environ, ENABLED):
        raise SwitchedOffError(
            f"no model was asked: {why_off(environ, ENABLED)}; set it to 1 to ask {row.service}, "
            "or measure without a model by --local or --replay"
        )
    return "local" if settings.endpoint(row, environ).local else "provider"


def _chosen(suite: Suite, cases: str | None) -> tuple[Case, ...]:
    if cases is None:
        return suite.cases
    if cases.isascii() and cases.isdigit():
        if not int(cases):
            raise ConfigError("--cases", ["0: an eval asks at least one case"])
        return suite.cases[: int(cases)]
    return _named(suite.cases, [name.strip() for name in cases.split(",")])


def _named(cases: Sequence[Case], names: Sequence[str]) -> tuple[Case, ...]:
    known = {case.id for case in cases}
    problems = [unknown("case", name, known) for name in names if name not in known]
    if problems:
        raise ConfigError("--cases", problems)
    return tuple(case for case in cases if case.id in names)
