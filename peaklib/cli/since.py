"""The option `--since` of the commands that read the ledger."""

from datetime import UTC, datetime

import click


def first_moment(text: str | None) -> datetime | None:
    """What `--since` names; UTC unless it says otherwise, None if it was not given.

    Args:
        text: a date or time of ISO 8601.

    Raises:
        click.BadParameter: it is neither.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no date or time; use 2026-01-31 or 2026-01-31T14:30", param_hint="--since"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
