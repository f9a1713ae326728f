"""Runs in the validator's own environment: judges packs, one JSON object of answers on stdout.

`python validator_process.py CACHE [CONTEXTS] < folders`, one folder a line. CACHE is where the
validator keeps what it fetched (`.sqlite` is added); CONTEXTS is a folder with a copy of the
JSON-LD context, and only where none is given is the network asked for it. Everything after that is
done without a network. Where the context cannot be had, the one answer is `unavailable`, with why.
"""

import contextlib
import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate.rocrate import ROCrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
COPY = "ro-crate-1.1-context.jsonld"
PROFILE = "process-run-crate-0.5"


class Copied(HTTPAdapter):
    """Answers every request from one file."""

    def __init__(self, copy: Path) -> None:
        super().__init__()
        self.copy = copy

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        answer = HTTPResponse(
            body=BytesIO(self.copy.read_bytes()),
            status=200,
            headers={"Content-Type": "application/ld+json"},
            preload_content=False,
            request_url=request.url,
        )
        return self.build_response(request, answer)


def fill(cache: str, contexts: str) -> None:
    """Put the context where the validator looks before it asks the network."""
    with CachedSession(cache_name=cache, backend="sqlite", expire_after=-1) as session:
        if contexts:
            session.mount(CONTEXT, Copied(Path(contexts) / COPY))
        accept = {"Accept": "application/ld+json, application/json;q=0.9"}
        session.get(CONTEXT, headers=accept, timeout=20).raise_for_status()


def judge(pack: str, cache: str) -> dict[str, Any]:
    """Everything that the validator has to say at level RECOMMENDED."""
    result = services.validate(
        ValidationSettings(
            rocrate_uri=pack,
            profile_identifier=PROFILE,
            requirement_severity=Severity.RECOMMENDED,
            cache_path=Path(cache),
            offline=True,
        )
    )
    return {
        "passed": result.passed(Severity.RECOMMENDED),
        "issues": [f"{issue.severity.name}: {issue.message}" for issue in result.get_issues()],
        "skipped": sorted(check.identifier for check in result.skipped_checks),
        "checks": len(result.statistics.checks),
    }


def look(pack: str) -> dict[str, Any]:
    """What a reader finds with ro-crate-py."""
    crate = ROCrate(pack)
    action = crate.root_dataset["mentions"]
    return {
        "files": sorted(entity.id for entity in crate.data_entities),
        "action": action.type,
        "agent": action["agent"].type,
        "instrument": action["instrument"].type,
        "status": action["actionStatus"],
    }


def main(cache: str, contexts: str = "") -> None:
    packs = sys.stdin.read().splitlines()
    # What the libraries print must not get between the answers.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            fill(cache, contexts)
        except RequestException as problem:
            answers: dict[str, Any] = {"unavailable": f"{CONTEXT}: {type(problem).__name__}"}
        else:
            answers = {pack: judge(pack, cache) for pack in packs}
            for pack, answer in answers.items():
                answer["opened"] = look(pack) if answer["passed"] else None
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
