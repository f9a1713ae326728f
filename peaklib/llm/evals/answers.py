"""The shapes that answers of cases have: a JSON schema each, its prose, and how it refuses."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from peaklib.llm.evals.fields import texts
from peaklib.llm.session.asking import sections_schema
from peaklib.llm.session.escalation import UNSURE, VERDICT_SCHEMA
from peaklib.llm.settings.strict import Strict
from peaklib.llm.sources.check import CLAIMS_SCHEMA

Schema = dict[str, Any]

REFUSE: Final = "refuse"
ACTIONS: Final = ("proceed", "retry", "escalate", "abort", REFUSE)
"""What an operator may decide."""
STANCES: Final = ("advise", REFUSE, "insufficient")
"""How an adviser may stand to a plan."""
PLAN_SECTIONS: Final = ("Thesis", "Evidence", "Risks", "Invalidation", "Limits")
"""Parts of advice about a plan; a refusal has them too, and says in them why."""

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}


def _object(**properties: Any) -> Schema:
    """JSON schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


OPS_SCHEMA: Final = _object(
    action={"type": "string", "enum": [*ACTIONS]}, summary=_TEXT, steps=_TEXTS, risks=_TEXTS
)
"""Answer of L0: what to do next, why, in which steps, and what could go wrong."""
PLAN_SCHEMA: Final = _object(
    stance={"type": "string", "enum": [*STANCES]},
    sections=_object(**dict.fromkeys(PLAN_SECTIONS, _TEXT)),
    confidence={"type": "string", "enum": ["sure", UNSURE]},
)
"""Answer of L3: advice about a plan, or why there is none. It never holds an order."""


class _Shape(Strict):
    """What all shapes share."""

    PROSE: ClassVar[tuple[str, ...]]
    """Fields that hold the model's own words."""

    @abstractmethod
    def response_schema(self) -> Schema:
        """JSON schema that the answer has to follow."""

    def refused(self, answer: Any) -> bool | None:
        """Whether an answer refuses what was asked; None for a shape that cannot."""
        return None

    def prose(self, answer: Any) -> list[str]:
        """The model's own words: quotes and choices are left out."""
        return [text for path in self.PROSE for text in texts(answer, path)]


class Sections(_Shape):
    """A text in sections, with the writer's confidence: L2.

    Args:
        titles: of the sections, in order.
    """

    PROSE = ("sections",)
    kind: Literal["sections"]
    titles: Annotated[list[Annotated[str, Field(pattern=r"^[^.;]+$")]], Field(min_length=1)]

    def response_schema(self) -> Schema:
        """One text a title, and how sure the writer is."""
        return sections_schema(self.titles)


class Claims(_Shape):
    """Claims with quotes, assumptions, and what is not answered: L1."""

    PROSE = ("claims.claim", "assumptions", "unanswered")
    kind: Literal["claims"]

    def response_schema(self) -> Schema:
        """The schema that a session asks sources with."""
        return dict(CLAIMS_SCHEMA)

    def refused(self, answer: Any) -> bool | None:
        """Whether it claims nothing, and says what it leaves unanswered."""
        return not answer["claims"] and bool(answer["unanswered"])


class Verdict(_Shape):
    """A critic's verdict with its findings: L4."""

    PROSE = ("findings",)
    kind: Literal["verdict"]

    def response_schema(self) -> Schema:
        """The schema that a session asks a critic with."""
        return dict(VERDICT_SCHEMA)


class Ops(_Shape):
    """What to do next: L0."""

    PROSE = ("summary", "steps", "risks")
    kind: Literal["ops"]

    def response_schema(self) -> Schema:
        """Action, summary, steps and risks."""
        return OPS_SCHEMA

    def refused(self, answer: Any) -> bool | None:
        """Whether its action is to refuse."""
        return bool(answer["action"] == REFUSE)


class Plan(_Shape):
    """Advice about a plan: L3."""

    PROSE = ("sections",)
    kind: Literal["plan"]

    def response_schema(self) -> Schema:
        """Stance, sections and how sure the writer is."""
        return PLAN_SCHEMA

    def refused(self, answer: Any) -> bool | None:
        """Whether its stance is to refuse."""
        return bool(answer["stance"] == REFUSE)


Shape = Annotated[Sections | Claims | Verdict | Ops | Plan, Field(discriminator="kind")]
"""Shape of an answer by its kind."""
