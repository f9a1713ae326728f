"""`peak llm matrix`: who serves what, at which price, verified or not, and until when."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.llm.settings import Row, Settings

_HEAD: Final = ("", "row", "service", "api", "EUR in/out", "v", "ends")


@click.command("matrix")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(as_json: bool) -> None:
    """Who serves which layer: model, interface, price, verified or not, end of service.

    Prices are EUR for a million tokens read and written. Nothing is asked of anybody.
    """
    from peaklib.cli.project import find_project
    from peaklib.llm.settings import load_settings

    today = datetime.now(UTC).date()
    settings = load_settings(find_project() / "configs" / "ai", today=today)
    if as_json:
        emit_json(_plain(settings, today))
    else:
        _print(settings, today)


def _print(settings: "Settings", today: date) -> None:
    from peaklib.llm.roles import CRITIC, LAYERS, ROWS

    console.print(_line(_HEAD), soft_wrap=True)
    for layer in LAYERS:
        for name in ROWS:
            row = settings.matrix.row(layer, name)
            if row is not None:
                console.print(_line(_cells(settings, row, today)), soft_wrap=True)
            elif name == CRITIC:
                service = settings.matrix.services[layer]
                console.print(_line((layer, name, f"the {service} service")), soft_wrap=True)
    verified = sum(settings.verified(row) is not None for row in settings.matrix.rows)
    console.print(
        "\n"
        f"EUR: for a million tokens read/written   v: verified, {verified} of "
        f"{len(settings.matrix.rows)} rows\n"
        "✕ no longer served   ~ degraded: replies are marked",
        soft_wrap=True,
    )
    console.print(
        f"matrix {settings.matrix_digest[:12]}  policy {settings.policy_digest[:12]}  "
        f"lock {settings.lock.digest[:12]}",
        soft_wrap=True,
    )
    next_step("peak config-lint --profile prod")


def _cells(settings: "Settings", row: "Row", today: date) -> tuple[str, ...]:
    price = settings.price(row)
    cost = f"{float(price.input):.3g}/{float(price.output):.3g}" if price else "unknown"
    end = f"{row.sunset}{' ✕' if row.ended(today) else ''}" if row.sunset else ""
    mark = "✓" if settings.verified(row) else "–"
    name = f"{row.name}{'~' if row.degraded else ''}"
    return row.layer, name, row.service, row.api, cost, mark, end


def _line(cells: tuple[str, ...]) -> str:
    layer, name, service, api, cost, mark, end = (*cells, "", "", "", "")[:7]
    return f"{layer:<2} {name:<10} {service:<29} {api:<9} {cost:>11} {mark} {end}".rstrip()


def _plain(settings: "Settings", today: date) -> dict[str, Any]:
    return {
        "rows": [_row(settings, row, today) for row in settings.matrix.rows],
        "services": dict(settings.matrix.services),
        "matrix_digest": settings.matrix_digest,
        "policy_digest": settings.policy_digest,
        "lock_digest": settings.lock.digest,
    }


def _row(settings: "Settings", row: "Row", today: date) -> dict[str, Any]:
    price, entry = settings.price(row), settings.verified(row)
    return {
        "layer": row.layer,
        "name": row.name,
        "provider": row.provider,
        "model_id": row.model_id,
        "api": row.api,
        "degraded": row.degraded,
        "sunset": row.sunset.isoformat() if row.sunset else None,
        "ended": row.ended(today),
        "price": price
        and {
            "as_of": price.as_of.isoformat(),
            "input_micro_eur_per_million": price.cost(1_000_000, 0) - price.cost(0, 0),
            "output_micro_eur_per_million": price.cost(0, 1_000_000) - price.cost(0, 0),
            "micro_eur_per_call": price.cost(0, 0),
        },
        "verified": entry
        and {
            "score": entry.score,
            "measured_on": entry.measured_on.isoformat(),
            "signer": entry.signer,
        },
    }
