"""Passages of sources, as the prompt of a case shows them."""

import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from peaklib.evidence.canonical import digest, to_json
from peaklib.llm.settings.strict import Name, Strict
from peaklib.llm.sources import Library, Source


class PassageLine(Strict):
    """A passage of a source, as the prompt of a case shows it.

    Args:
        source: name of the source.
        text: of the passage.
        lines: first and last line in the source.
        section: headings above it.
    """

    source: Name
    text: Annotated[str, Field(min_length=1)]
    lines: Annotated[list[int], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [1, 1]
    )
    section: str = ""


def passages_block(passages: Sequence[PassageLine]) -> str:
    """Passages as a prompt holds them: a line each, which cannot end the block."""
    lines = [to_json(passage.model_dump()).decode() for passage in passages]
    safe = [line.replace("<", "\\u003c").replace(">", "\\u003e") for line in lines]
    return "\n".join(["<sources>", *safe, "</sources>"])


def read_passages(block: str) -> list[PassageLine]:
    """Passages of a block that was written out; lines that hold none are left out."""
    found = []
    for line in block.splitlines():
        try:
            found.append(PassageLine.model_validate(json.loads(line)))
        except ValueError:
            continue
    return found


def library_of(passages: Sequence[PassageLine]) -> Library:
    """The sources that passages are of, each with all of its passages."""
    texts: dict[str, list[str]] = {}
    for passage in passages:
        texts.setdefault(passage.source, []).append(passage.text)
    sources = [
        Source(name, "text", digest(parts), 0, "\n\n".join(parts)) for name, parts in texts.items()
    ]
    return Library(tuple(texts), tuple(sources))
