"""The files of `configs/ai/` held against each other, and against the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from peaklib.config import Finding
from peaklib.errors import ConfigError, EvidenceError
from peaklib.llm.policy import is_opaque
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings import budgets, lock, matrix, models, providers, recorded
from peaklib.llm.settings.lint.parts import Parts, missing, read_parts, where
from peaklib.llm.settings.places import is_local, misplaced
from peaklib.llm.settings.standing import unfit_for_prod
from peaklib.llm.settings.values import MICRO

OLD_AFTER: Final = timedelta(days=180)
"""Age from which on a price is worth another look."""
NOTICE: Final = timedelta(days=30)
"""How long before its end a model is warned of."""

_MATRIX: Final = where(matrix.FILE)
_LOCK: Final = where(lock.FILE)
_PRICES: Final = where(models.PRICES_FILE)
_ALLOWED: Final = where(models.ALLOWED_FILE)
_BUDGETS: Final = where(budgets.FILE)
_PROVIDERS: Final = where(providers.FILE)


def check_together(folder: Path, profile: str, today: date) -> Iterator[Finding]:
    """What the files say of each other.

    Args:
        folder: root of the project.
        profile: `dev`, or `prod` where every row has to be verified and served.
        today: the day by which models end and prices grow old.
    """
    place = folder / "configs" / "ai"
    if not place.is_dir():
        return
    yield from missing(place)
    parts = read_parts(place)
    yield from _rows(parts)
    yield from _ends(parts, profile, today)
    yield from _local(parts, profile)
    yield from _prices(parts, today)
    yield from _allowlist(parts)
    yield from _budgets(parts)
    yield from _lock(parts, profile, today)


def _rows(parts: Parts) -> Iterator[Finding]:
    """Rows have a provider that speaks their interface, a price, and leave to be asked."""
    for row in parts.matrix.rows if parts.matrix else ():
        service = (row.provider, row.model_id)
        if parts.providers is not None:
            provider = parts.providers.get(row.provider)
            if provider is None:
                text = f"providers.toml does not say how {row.provider} is reached"
                yield Finding("error", _MATRIX, f"{row.key}.provider", text)
            elif row.api not in provider.api:
                text = f"{row.provider} offers {', '.join(provider.api)}, not {row.api}"
                yield Finding("error", _MATRIX, f"{row.key}.api", text)
        if parts.prices is not None and service not in parts.prices:
            text = f"{row.service} has no price in prices.toml; without one it is never asked"
            yield Finding("error", _MATRIX, row.key, text)
        if parts.allowed is not None and service not in parts.allowed:
            text = f"{row.service} is not in allowed_models.toml; the policy refuses it"
            yield Finding("error", _MATRIX, f"{row.key}.model_id", text)


def _ends(parts: Parts, profile: str, today: date) -> Iterator[Finding]:
    for row in parts.matrix.rows if parts.matrix else ():
        key = f"{row.key}.sunset"
        if row.sunset is None:
            continue
        if row.ended(today) and profile != "prod":
            text = f"{row.service} ended on {row.sunset}: calls of it fail; name another model"
            yield Finding("warning", _MATRIX, key, text)
        elif today < row.sunset <= today + NOTICE:
            days = (row.sunset - today).days
            text = f"{row.service} ends on {row.sunset}, in {days} day{'s' if days > 1 else ''}"
            yield Finding("warning", _MATRIX, key, text)


def _local(parts: Parts, profile: str) -> Iterator[Finding]:
    """In prod no provider is on this machine; who reads the file finds the rest."""
    for name, provider in (parts.providers or {}).items() if profile == "prod" else ():
        url = providers.example_url(provider)
        if is_local(url):
            for key, text in misplaced(provider, url, prod=True):
                yield Finding("error", _PROVIDERS, f"{name}.{key}", text)


def _prices(parts: Parts, today: date) -> Iterator[Finding]:
    for (provider, model_id), price in (parts.prices or {}).items():
        if today - price.as_of > OLD_AFTER:
            age = (today - price.as_of).days
            text = f"price or rate of {price.as_of} is {age} days old; read it again and renew it"
            yield Finding("warning", _PRICES, f"{provider}:{model_id}", text)
        if price.latest is not None and price.latest > today:
            text = f"price or rate is of {price.latest}, which lies in the future"
            yield Finding("error", _PRICES, f"{provider}:{model_id}", text)


def _allowlist(parts: Parts) -> Iterator[Finding]:
    for (provider, model_id), model in (parts.allowed or {}).items():
        opaque = is_opaque(provider, model_id)
        if opaque != model.opaque:
            says = "does not say which model answers" if opaque else "names its model"
            text = f"the id {says}; write opaque = {str(opaque).lower()}"
            yield Finding("error", _ALLOWED, f"{provider}:{model_id}", text)


def _budgets(parts: Parts) -> Iterator[Finding]:
    """Every call has to fit into its budgets, or it could never be made."""
    if parts.budgets is None:
        return
    shared = {"run": parts.budgets.run}
    shared |= {f"phases.{name}": limit for name, limit in parts.budgets.phases.items()}
    shared["evals.day"] = parts.budgets.evals_day
    for layer in LAYERS:
        tokens = parts.budgets.call_tokens[layer]
        own = {
            f"layers.{layer}": parts.budgets.layers[layer],
            f"evals.{layer}": parts.budgets.evals[layer],
        }
        for key, limit in {**own, **shared}.items():
            if limit.max_tokens < tokens:
                text = f"one call of {layer} may write {tokens} tokens, which never fits"
                yield Finding("error", _BUDGETS, f"{key}.max_tokens", text)
            for row, cost in _costs(parts, layer, tokens):
                if cost > limit.max_cost:
                    text = f"one call of {row} may write for {cost / MICRO:.2f} EUR: it never fits"
                    yield Finding("error", _BUDGETS, f"{key}.max_cost_eur", text)


def _costs(parts: Parts, layer: str, tokens: int) -> Iterator[tuple[str, int]]:
    """What a call of each row may cost by what it writes alone, in micro-EUR."""
    for row in parts.matrix.rows if parts.matrix else ():
        price = (parts.prices or {}).get((row.provider, row.model_id))
        if row.layer == layer and price is not None:
            yield row.key, price.cost(0, tokens)


def _lock(parts: Parts, profile: str, today: date) -> Iterator[Finding]:
    if parts.lock is None:
        return
    for entry in parts.lock.entries:
        key = f"{entry.layer} {entry.provider}:{entry.model_id}"
        if parts.allowed is not None and (entry.provider, entry.model_id) not in parts.allowed:
            text = "is verified but not in allowed_models.toml; both or neither should name it"
            yield Finding("error", _LOCK, key, text)
        if entry.measured_on > today:
            yield Finding(
                "error", _LOCK, key, f"measured_on = {entry.measured_on}: lies in the future"
            )
        demand = parts.demands[entry.layer] if parts.demands is not None else None
        short = entry.shortfalls(demand) if demand is not None else ()
        if short and profile != "prod":
            text = f"no longer makes its model a verified one: it {'; it '.join(short)}"
            yield Finding("warning", _LOCK, key, text)
    yield from _lock_before(parts)
    if profile == "prod":
        yield from _prod(parts, today)


def _lock_before(parts: Parts) -> Iterator[Finding]:
    if parts.lock is not None and parts.lock.previous:
        try:
            lock.previous_lock(parts.folder / lock.FILE)
        except ConfigError as error:
            text = f"there is no way back: {error.source} {'; '.join(error.problems)}"
            yield Finding("error", _LOCK, "previous", text)


def _prod(parts: Parts, today: date) -> Iterator[Finding]:
    if parts.lock is None or parts.matrix is None or parts.demands is None:
        return
    if not parts.lock.entries:
        text = "holds no verified model: in prod none may be asked until `peak llm verify` has run"
        yield Finding("error", _LOCK, "model", text)
    for key, text in unfit_for_prod(parts.matrix, parts.lock, parts.demands, today):
        yield Finding("error", _MATRIX, key, text)
    try:
        other = recorded.unrecorded(parts.lock.digest, recorded.ledger_of(parts.folder))
    except EvidenceError as error:
        other = f"cannot be held against the ledger: {error}"
    if other is not None:
        yield Finding("error", _LOCK, "", other)
