"""`allowed_models.toml` and `prices.toml`: which models there may be, and what they cost."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from peaklib.config import check_table, read_toml, unknown
from peaklib.errors import ConfigError
from peaklib.llm.settings.strict import Amount, Name, Strict, exact
from peaklib.llm.settings.values import Allowed, Price

ALLOWED_FILE: Final = "allowed_models.toml"
PRICES_FILE: Final = "prices.toml"
_EUR: Final = "EUR"
# Digits only: `-mini` behind a model id makes another model of it.
_DATE: Final = re.compile(r"[-@:][0-9]+(-[0-9]+)*", re.ASCII)

Service = tuple[str, str]
"""Provider and model id."""


class _AllowedTable(Strict):
    provider: Name
    model_id: Name
    snapshots: list[Name] = Field(default_factory=list)
    because: Name | None = None
    opaque: bool = False

    @model_validator(mode="after")
    def _snapshots_are_of_the_model(self) -> Self:
        others = [name for name in self.snapshots if not self._dates(name)]
        if others and self.because is None:
            raise ValueError(
                f"snapshots: {', '.join(map(repr, others))} of {self.model_id}: a snapshot is the "
                'model id with a date behind it; write because = "…" with the record that says '
                "it is the same model"
            )
        return self

    def _dates(self, name: str) -> bool:
        """Whether a name is the model id and nothing but a date or a version behind it."""
        rest = name.removeprefix(self.model_id)
        return rest != name and _DATE.fullmatch(rest) is not None


class _AllowedFile(Strict):
    model: list[_AllowedTable]


class _PriceTable(Strict):
    provider: Name
    model_id: Name
    input: Amount
    output: Amount
    per_call: Amount = "0"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    as_of: date
    source: Name


class _CurrencyTable(Strict):
    eur: Amount
    as_of: date


class _PricesFile(Strict):
    currency: dict[str, _CurrencyTable] = Field(default_factory=dict)
    price: list[_PriceTable]


def read_allowed(path: Path) -> dict[Service, Allowed]:
    """Models of the allowlist.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    tables = check_table(_AllowedFile, read_toml(path), str(path)).model
    services = [(table.provider, table.model_id) for table in tables]
    _once(path, "model", services)
    return {
        service: Allowed(*service, tuple(table.snapshots), table.opaque)
        for service, table in zip(services, tables, strict=True)
    }


def read_prices(path: Path) -> dict[Service, Price]:
    """Prices in EUR.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    file = check_table(_PricesFile, read_toml(path), str(path))
    services = [(table.provider, table.model_id) for table in file.price]
    _once(path, "price", services)
    known = {*file.currency, _EUR}
    problems = [
        f"price.{k}.currency: {unknown('rate of', table.currency, known)}"
        for k, table in enumerate(file.price)
        if table.currency not in known
    ]
    problems += [
        f"currency.{name}.eur: a rate of 0 would make every call free"
        for name, rate in file.currency.items()
        if not exact(rate.eur)
    ]
    problems += [
        f"price.{k}.{name}: {table.provider}:{table.model_id} would be free, and no budget end"
        for k, table in enumerate(file.price)
        for name in ("input", "output")
        if not exact(getattr(table, name))
    ]
    if problems:
        raise ConfigError(str(path), problems)
    return {
        service: _price(table, file.currency.get(table.currency))
        for service, table in zip(services, file.price, strict=True)
    }


def _price(table: _PriceTable, rate: _CurrencyTable | None) -> Price:
    factor = exact(rate.eur) if rate is not None else exact("1")
    days = [table.as_of, *([rate.as_of] if rate is not None else [])]
    return Price(
        as_of=min(days),
        input=exact(table.input) * factor,
        output=exact(table.output) * factor,
        per_call=exact(table.per_call) * factor,
        source=table.source,
        latest=max(days),
    )


def _once(path: Path, table: str, services: Iterable[Service]) -> None:
    twice = [service for service, count in Counter(services).items() if count > 1]
    if twice:
        raise ConfigError(
            str(path),
            [f"{table}: {provider}:{model} stands here twice" for provider, model in twice],
        )
