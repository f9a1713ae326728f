"""From what a notebook asks for to its library, and back again when its run is repeated."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from peaklib.errors import DataError, EvidenceError
from peaklib.evidence import Registry, Run, home, to_json
from peaklib.evidence.canonical import from_json
from peaklib.evidence.places import INPUTS_VARIABLE
from peaklib.evidence.run import RUN_ROLE
from peaklib.llm.sources.files import file_source, find_files, read_file
from peaklib.llm.sources.library import Library
from peaklib.llm.sources.runs import run_source
from peaklib.llm.sources.source import RUN, Source

LISTED: Final = "sources.json"
"""Input of a run that lists its sources with their digests."""
FOLDER: Final = "sources"
"""Inputs of a run that are copies of its sources."""
MAX_SOURCES: Final = 500
_RUN_ID: Final = re.compile(r"(?:\d{8}_\d{6}_)?[0-9a-f]{6}")


def gather(
    asked: Sequence[str], *, environ: Mapping[str, str], root: Path | None = None
) -> Library:
    """Read the sources that are asked for; nothing is looked up anywhere else.

    While a run is repeated (`PEAK_INPUTS`), files are read from the copies that it kept, and
    only what it listed then is read.

    Args:
        asked: paths and globs below the project, and ids of runs (or their last six digits).
        environ: variables of the environment.
        root: folder of the project; where the notebook runs by default.

    Raises:
        DataError: something cannot be a source; all that cannot are named at once.
        EvidenceError: the copies of a repeated run are not what it listed.
    """
    project = root or home()
    pack = environ.get(INPUTS_VARIABLE)
    entries = _listed(Path(pack), asked) if pack else None
    if entries is not None:
        return Library(tuple(asked), tuple(_again(Path(str(pack)), entries, environ)))
    found: dict[str, Source] = {}
    problems = []
    for text in asked:
        try:
            for source in _sources(text, project, environ, found):
                found.setdefault(source.name, source)
        except (DataError, EvidenceError) as error:
            problems.append(str(error))
    if not asked:
        problems.append("no source is named; research without one would be made up")
    if len(found) > MAX_SOURCES:
        problems.append(f"{len(found)} files are too many; narrow the globs to {MAX_SOURCES}")
    if problems:
        raise DataError("\n".join(problems))
    return Library(tuple(asked), tuple(found.values()))


def _sources(
    text: str, project: Path, environ: Mapping[str, str], known: Mapping[str, Source]
) -> Iterator[Source]:
    if _RUN_ID.fullmatch(text) and not (project / text).exists():
        run_id = Registry(project / "runs").find(text).run_id
        yield run_source(run_id, runs=project / "runs")
        return
    problems = []
    for path in find_files(text, project):
        if path.relative_to(project).as_posix() not in known:
            try:
                yield read_file(path, project, environ)
            except DataError as error:
                problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))


def keep(run: Run, library: Library) -> None:
    """Keep the files of a library in a run, name its runs as inputs, and list both.

    Args:
        run: the run that is being made; one that records nothing keeps nothing.
        library: what it reads.
    """
    entries = []
    for source in library:
        entry = {"name": source.name, "kind": source.kind, "sha256": source.digest}
        if source.run:
            run.use(source.run, role=RUN_ROLE)
        else:
            run.save_input(f"{FOLDER}/{source.name}", source.content)
        entries.append({**entry, "bytes": source.size})
    run.save_input(LISTED, to_json({"asked": list(library.asked), "sources": entries}))


def _listed(pack: Path, asked: Sequence[str]) -> list[dict[str, Any]] | None:
    """What a repeated run listed for the same question, None if it has no such list."""
    path = pack / "inputs" / LISTED
    if not path.is_file():
        return None
    kept = from_json(path.read_bytes())
    if kept["asked"] != list(asked):
        raise EvidenceError(
            f"the run that is repeated read {kept['asked']}, and now {list(asked)} are asked for; "
            "run the notebook by itself to read other sources"
        )
    entries: list[dict[str, Any]] = kept["sources"]
    return entries


def _again(
    pack: Path, entries: Sequence[Mapping[str, Any]], environ: Mapping[str, str]
) -> Iterator[Source]:
    for entry in entries:
        name = str(entry["name"])
        if entry["kind"] == RUN:
            source = run_source(name, runs=pack.parent)
        else:
            source = _copy(pack, name, environ)
        if source.digest != entry["sha256"]:
            raise EvidenceError(
                f"the copy of source {name} in {pack} is not what was read then; "
                f"`peak evidence verify {pack.name}` says what was altered"
            )
        yield source


def _copy(pack: Path, name: str, environ: Mapping[str, str]) -> Source:
    path = pack / "inputs" / FOLDER / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"the copy of source {name} is gone from {pack}: {error.strerror}"
        ) from None
    return file_source(name, content, environ)
