"""An answer, with what its case gave to it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from peaklib.llm.evals.answers import Shape
from peaklib.llm.evals.fields import texts
from peaklib.llm.grounding import Evidence
from peaklib.llm.sources import Checked, Library, check_claims


@dataclass(frozen=True)
class Seen:
    """What a check looks at.

    Args:
        shape: of the answer.
        answer: as JSON; it follows the schema of the shape.
        evidence: facts that the case gave.
        library: sources whose passages the case gave.
    """

    shape: Shape
    answer: Any
    evidence: Evidence
    library: Library

    def parts(self, path: str | None) -> list[str]:
        """Texts of a field, or all of the model's own words."""
        return self.shape.prose(self.answer) if path is None else texts(self.answer, path)

    def text(self, path: str | None) -> str:
        """The same as one text, each part on lines of its own."""
        return "\n".join(self.parts(path))

    @cached_property
    def claims(self) -> Checked:
        """Claims, held against the sources as the notebook does it."""
        return check_claims(self.answer, self.library)
