"""One source of a piece of research: a file of the project, or a published run."""

from dataclasses import dataclass, field
from typing import Final

from peaklib.evidence import SealedRun
from peaklib.llm.grounding import Fact

RUN: Final = "run"
"""Kind of a source that is a published run."""
TABLE: Final = "table"
"""Kind of a file with rows and columns."""
LINES: Final = frozenset({TABLE, "json", RUN})
"""Kinds whose text says one thing a line."""


@dataclass(frozen=True)
class Source:
    """Something that may be quoted.

    Args:
        name: path below the project with slashes, or the id of a run.
        kind: `markdown`, `text`, `html`, `table`, `json`, `notebook` or `run`.
        digest: SHA-256 of the bytes of a file; of a run its root hash.
        size: of the file in bytes; of a run that of its text.
        text: what quotes are taken from, lines ended by newlines alone. Of Markdown and plain
            text the file itself, of other kinds what a reader sees of it.
        content: the bytes of the file; none of a run, which lies beside the one that uses it.
        facts: numbers of a run by evidence key; none of a file.
        run: the run, if it is one.
    """

    name: str
    kind: str
    digest: str
    size: int
    text: str = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    facts: tuple[Fact, ...] = ()
    run: SealedRun | None = None
