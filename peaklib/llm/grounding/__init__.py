"""Whether the numbers of a text are those of a run: facts, citations, and a verdict on each number.

The rules, and why they are so, are told in `docs/explanation/grounding.md`.
"""

from peaklib.llm.grounding.check import check_grounding
from peaklib.llm.grounding.claims import Claim, Grounding
from peaklib.llm.grounding.compare import STATUSES
from peaklib.llm.grounding.facts import UNITS, Evidence, Fact

__all__ = ["STATUSES", "UNITS", "Claim", "Evidence", "Fact", "Grounding", "check_grounding"]
