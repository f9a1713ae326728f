"""A case: what a model of a layer is asked, and what its answer is checked for."""

from functools import cached_property
from string import Template
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, field_validator, model_validator

from peaklib.errors import ConfigError, DataError
from peaklib.llm.evals.answers import Sections, Shape
from peaklib.llm.evals.checks import Check
from peaklib.llm.evals.fields import knows
from peaklib.llm.evals.passages import PassageLine, library_of, passages_block, read_passages
from peaklib.llm.evals.seen import Seen
from peaklib.llm.grounding import Evidence
from peaklib.llm.messages import Message
from peaklib.llm.session.prompts import Prompt
from peaklib.llm.settings.strict import Strict
from peaklib.llm.sources import Library

EVIDENCE: Final = "evidence"
PASSAGES: Final = "passages"
SECTIONS: Final = "sections"
# Checks that fit some shapes of answers only.
_FIT: Final = {
    "quotes": ("claims",),
    "unanswered": ("claims",),
    "sections": ("sections", "plan"),
    "refusal": ("ops", "plan", "claims"),
}
Text = Annotated[str, Field(min_length=1)]


class Case(Strict):
    """One thing that a model of a layer has to be able to do.

    Args:
        id: layer and number, such as `L2-001`.
        title: what is special about it, in a few words.
        prompt: name of a file under `configs/ai/prompts`.
        values: texts that the prompt asks for.
        answer: shape of the answer.
        checks: that the answer has to pass; following its schema is always one more.
        why: what a weak model gets wrong here.
        evidence: facts, as rows; they fill `$evidence` of the prompt.
        passages: of sources; they fill `$passages` of the prompt.
    """

    id: Annotated[str, Field(pattern=r"^L[0-4]-[0-9]{3}$")]
    title: Text
    prompt: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    values: dict[str, str] = Field(default_factory=dict)
    answer: Shape
    checks: Annotated[list[Check], Field(min_length=1)]
    why: Text
    evidence: list[dict[str, Any]] = Field(default_factory=list)
    passages: list[PassageLine] = Field(default_factory=list)

    @property
    def layer(self) -> str:
        """Whose case it is."""
        return self.id.partition("-")[0]

    @cached_property
    def facts(self) -> Evidence:
        """The evidence as facts."""
        return Evidence.from_rows(self.evidence)

    @cached_property
    def library(self) -> Library:
        """The sources that the passages are of, each with all of its passages."""
        return library_of(self.passages or read_passages(self.values.get(PASSAGES, "")))

    def response_schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        return self.answer.response_schema()

    def messages(self, prompt: Prompt) -> tuple[Message, ...]:
        """What is asked.

        Args:
            prompt: that the case names.

        Raises:
            ConfigError: the prompt is of another layer, or the case does not fit it.
        """
        names = set(Template(prompt.user).get_identifiers())
        problems = [
            f"{what}: stands nowhere in prompt {prompt.version}"
            for what, given in ((EVIDENCE, self.evidence), (PASSAGES, self.passages))
            if given and what not in names
        ]
        if prompt.layer != self.layer:
            problems.append(f"prompt: {prompt.version} is one of {prompt.layer}")
        if problems:
            raise ConfigError(f"case {self.id}", problems)
        filled = {name: text for name, text in self._filled().items() if name in names}
        return prompt.messages({**filled, **self.values})

    def seen(self, answer: Any) -> Seen:
        """An answer, ready for the checks."""
        return Seen(self.answer, answer, self.facts, self.library)

    def _filled(self) -> dict[str, str]:
        """What a prompt is given without the case writing it out."""
        found = {EVIDENCE: self.facts.block(), PASSAGES: passages_block(self.passages)}
        if isinstance(self.answer, Sections):
            found[SECTIONS] = "; ".join(self.answer.titles)
        return found

    @field_validator("evidence")
    @classmethod
    def _facts_are_facts(cls, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            Evidence.from_rows(rows)
        except DataError as error:
            raise ValueError(str(error)) from None
        return rows

    @field_validator("checks")
    @classmethod
    def _checks_fit(cls, checks: list[Any], info: ValidationInfo) -> list[Any]:
        shape = info.data.get("answer")
        if shape is None:
            return checks
        schema = shape.response_schema()
        wrong = [
            f"{check.kind}: {path} is no field of {shape.kind}"
            for check in checks
            for path in check.paths()
            if not knows(schema, path)
        ]
        wrong += [
            f"{check.kind}: does not fit an answer of {shape.kind}"
            for check in checks
            if shape.kind not in _FIT.get(check.kind, (shape.kind,))
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return checks

    @model_validator(mode="after")
    def _passages_once(self) -> "Case":
        both = {EVIDENCE: self.evidence, PASSAGES: self.passages}
        twice = [name for name, given in both.items() if given and name in self.values]
        if twice:
            raise ValueError(f"{', '.join(twice)}: stands in values, and beside them")
        keys = {row["key"] for row in self.evidence}
        missing = [
            key for check in self.checks for key in getattr(check, "keys", ()) if key not in keys
        ]
        if missing:
            raise ValueError(f"cites: {', '.join(missing)} is no key of the evidence")
        return self
