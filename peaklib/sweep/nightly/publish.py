"""From a sealed night to its page, its JSON and its alerts."""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, home, reports_folder, to_json
from peaklib.sweep.nightly.compare import Finding
from peaklib.sweep.nightly.document import Document, document_of, message_of
from peaklib.sweep.nightly.night import Night
from peaklib.sweep.nightly.page import write_page
from peaklib.sweep.nightly.webhook import DeliveryError, Sleep, post


@dataclass(frozen=True)
class Published:
    """What a night left for readers.

    Args:
        document: all that it says, undelivered alerts included.
        page: the HTML file.
        record: the JSON file beside it.
        exit_status: 0 all is well, 1 there are alerts.
    """

    document: Document
    page: Path
    record: Path
    exit_status: int


def publish(
    night: Night,
    *,
    reports: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    sleep: Sleep = time.sleep,
) -> Published:
    """Write a night's page and JSON, tell whom it may concern, and vouch for the page.

    The page is there before anybody is told. What could not be delivered is an alert of its
    own, and the page is then written once more with it.

    Args:
        night: that is sealed.
        reports: folder of pages; the project's by default.
        environ: where the secret of the webhook is looked up.
        sleep: waits between attempts to deliver, in seconds.

    Raises:
        EvidenceError: a file or the line of the ledger cannot be written.
        NotebookError: the page would be too large.
    """
    folder = reports or reports_folder()
    document = document_of(night)
    files = _write(document, folder)
    undelivered = _deliver(night, document, environ, sleep)
    if undelivered:
        document = document_of(night, undelivered)
        files = _write(document, folder)
    page, record = files
    Registry(night.run.runs).record_page(page, [night.run.run_id], [record])
    told = night.config.alerts.exit or undelivered
    return Published(document, page, record, int(bool(document["alerts"] and told)))


def _write(document: Document, folder: Path) -> tuple[Path, Path]:
    record = folder / f"{document['name']}.json"
    _at_once(record, to_json(document) + b"\n")
    try:
        return write_page(document, folder / f"{document['name']}.html"), record
    except OSError as error:
        raise _unwritten(folder, error) from error


def _deliver(
    night: Night, document: Document, environ: Mapping[str, str], sleep: Sleep
) -> list[Finding]:
    """Tell everybody; one alert for each of them that was not reached.

    The file comes last, so that it says what became of the post.
    """
    alerts = night.config.alerts
    undelivered: list[Finding] = []
    hook = alerts.webhook
    if hook is not None and (document["alerts"] or hook.always):
        secret, body = environ.get(hook.secret_env, ""), to_json(message_of(document))
        try:
            post(hook, body, secret, delivery=night.run.run_id, sleep=sleep)
        except DeliveryError as error:
            undelivered.append(_undelivered(f"webhook: {error}"))
    if alerts.file:
        try:
            _file(home() / alerts.file, document_of(night, undelivered))
        except EvidenceError as error:
            undelivered.append(_undelivered(f"file: {error}"))
    return undelivered


def _undelivered(text: str) -> Finding:
    return Finding("alert", "delivery", "", "", text)


def _file(target: Path, document: Document) -> None:
    """The file is there exactly while the last night had alerts."""
    if document["alerts"]:
        _at_once(target, to_json(message_of(document)) + b"\n")
        return
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritten(target, error) from error


def _at_once(target: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Raises:
        EvidenceError: it cannot be written.
    """
    part = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes the file private; an alert is for others to read.
        os.chmod(part, 0o644)
        os.replace(part, target)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise _unwritten(target, error) from error


def _unwritten(target: Path, error: OSError) -> EvidenceError:
    return EvidenceError(
        f"{target} cannot be written: {error.strerror or error}; check the space on the disk and "
        "the rights of the folder"
    )
