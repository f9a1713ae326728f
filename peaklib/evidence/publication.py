"""The line of the ledger that publishes a run."""

from collections.abc import Mapping
from typing import Any, Final

from peaklib.evidence.run import RUN_ROLE

_LONGEST_ERROR: Final = 200


def publication(record: Mapping[str, Any], root: str) -> dict[str, Any]:
    """What the ledger keeps of a run: enough to find it, count its trials and check its pack."""
    error = record["error"]
    kept = ("run_id", "kind", "family", "parent", "key", "status", "start", "end", "seed")
    return {
        **{name: record[name] for name in kept},
        "error": error.partition("\n")[0][:_LONGEST_ERROR] if error else None,
        "root": root,
        "content": record["content"]["digest"],
        "metrics": record["metrics"],
        "datasets": [
            {name: used[name] for name in ("name", "digest")}
            for used in record["inputs"]
            if used["role"] != RUN_ROLE
        ],
        "trials": [
            {name: value for name, value in trials.items() if name != "table"}
            for trials in record["trials"]
        ],
    }
