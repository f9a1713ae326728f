"""What a piece of research takes for granted, by whom it was said."""

from collections.abc import Iterable, Iterator

from peaklib.llm.sources.library import Library
from peaklib.llm.sources.source import RUN

_AS_THEY_ARE = frozenset({"markdown", "text", RUN})


def all_assumptions(
    library: Library, given: Iterable[str] = (), by_model: Iterable[str] = ()
) -> list[dict[str, str]]:
    """Assumptions, one row each, for a table.

    Args:
        library: what was read.
        given: by the researcher, in words.
        by_model: what a model says it assumed.
    """
    return [
        *({"assumption": text, "by": "researcher"} for text in given),
        *({"assumption": text, "by": "method"} for text in _of_the_method(library)),
        *({"assumption": text, "by": "model"} for text in by_model),
    ]


def _of_the_method(library: Library) -> Iterator[str]:
    yield (
        f"Nothing but the {len(library)} sources listed was read; what none of them says is not "
        "known here."
    )
    yield "The sources are taken at their word. Whether they are right was not checked."
    yield "Passages are found by their words. What is said in quite other words is missed."
    seen = sorted({source.kind for source in library} - _AS_THEY_ARE)
    if seen:
        yield f"Of {', '.join(seen)} the visible text is quoted, and lines are counted in it."
    for source in library:
        if source.run and (status := source.run.record()["status"]) != "completed":
            yield f"Run {source.name} {status}: what it left is not a whole result."
