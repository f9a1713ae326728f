"""What the ledger tells of model calls: who chose which model and why, and what it cost.

Nothing is read but the ledger, so the story of a run outlives its pack.
"""

from peaklib.llm.history.spending import HEADINGS, Spend, Sum, spend
from peaklib.llm.history.story import Call, Step, Story, Switch, runs, why
from peaklib.llm.history.words import IN_WORDS

__all__ = [
    "HEADINGS",
    "IN_WORDS",
    "Call",
    "Spend",
    "Step",
    "Story",
    "Sum",
    "Switch",
    "runs",
    "spend",
    "why",
]
