"""Answers that were recorded: by the hash of the request, out of a file."""

import json
from collections.abc import Callable
from pathlib import Path

from peaklib.errors import DataError
from peaklib.llm.standin.asked import Asked, Said


def recorded(path: Path) -> Callable[[Asked], Said]:
    """A function that answers with what was recorded.

    Args:
        path: JSON lines with `request_hash` (see `Request.digest`), `text`, and `model` where
            the reply named another one than was asked.

    Returns:
        The function; a request that was not recorded is a DataError, which a stand-in replies
        as 404.

    Raises:
        DataError: the file cannot be read, a line is no record, or two answer one request.
    """
    replies = _read(path)

    def answer(asked: Asked) -> Said:
        said = replies.get(asked.request_hash)
        if said is None:
            raise DataError(
                f"{path.name} holds no reply to the request {asked.request_hash} of model "
                f"{asked.model}; record it, or ask a service"
            )
        return said

    return answer


def _read(path: Path) -> dict[str, Said]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"recorded replies {path}: cannot be read: {error}") from None
    replies: dict[str, Said] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            name, said = record["request_hash"], Said(record["text"], model=record.get("model"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"recorded replies {path}, line {number}: {type(error).__name__}: {error}; "
                "a line is an object with request_hash and text"
            ) from None
        if replies.setdefault(name, said) != said:
            raise DataError(
                f"recorded replies {path}, line {number}: a second, different reply to {name}"
            )
    return replies
