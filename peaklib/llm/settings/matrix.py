"""`layer_model_matrix.toml`: the only place where models are named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from peaklib.config import check_table, read_toml
from peaklib.errors import ConfigError
from peaklib.llm.policy import ALLOWED_PROVIDERS
from peaklib.llm.roles import CRITIC, FALLBACKS, LAYERS, PRIMARY, WITHOUT_MODELS
from peaklib.llm.settings.strict import Name, Strict
from peaklib.llm.settings.values import Api, Row

FILE: Final = "layer_model_matrix.toml"
LayerName = Literal["L0", "L1", "L2", "L3", "L4"]


class _Global(Strict):
    """Rules of the file's own; the code's rules stand whatever is written here."""

    forbidden_providers: list[str]
    forbidden_model_prefixes: list[str]
    allowed_providers: list[str]

    @model_validator(mode="after")
    def _never_looser(self) -> Self:
        wider = sorted(set(self.allowed_providers) - set(ALLOWED_PROVIDERS))
        if wider:
            raise ValueError(
                f"allowed_providers: {', '.join(wider)}: the policy allows "
                f"{', '.join(ALLOWED_PROVIDERS)} and no more; this list can only be shorter"
            )
        if "anthropic" not in self.forbidden_providers:
            raise ValueError("forbidden_providers: has to hold 'anthropic'")
        if not {"claude", "claude-"} & set(self.forbidden_model_prefixes):
            raise ValueError("forbidden_model_prefixes: has to hold 'claude-'")
        return self


class _RowTable(Strict):
    provider: Name
    model_id: Name
    api: Api
    sunset: date | None = None
    degraded: bool = False
    max_input_tokens: Annotated[int, Field(ge=1)] | None = None


class _CriticTable(Strict):
    """A row of its own, or the layer that serves as the critic."""

    service: LayerName | None = None
    provider: Name | None = None
    model_id: Name | None = None
    api: Api | None = None
    sunset: date | None = None
    degraded: bool = False
    max_input_tokens: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        named = [self.provider, self.model_id, self.api]
        if self.service is not None and self.model_fields_set != {"service"}:
            raise ValueError("service stands alone: the layer it names has its own row")
        if self.service is None and None in named:
            raise ValueError('needs provider, model_id and api, or service = "L4" instead')
        return self


class _LayerTable(Strict):
    primary: _RowTable
    fallback1: _RowTable | None = None
    fallback2: _RowTable | None = None
    critic: _CriticTable

    @model_validator(mode="after")
    def _no_gap(self) -> Self:
        if self.fallback2 is not None and self.fallback1 is None:
            raise ValueError("fallback2: comes after fallback1, which is missing")
        return self


class _File(Strict):
    global_: Annotated[_Global, Field(alias="global")]
    L0: _LayerTable
    L1: _LayerTable
    L2: _LayerTable
    L3: _LayerTable
    L4: _LayerTable


@dataclass(frozen=True)
class Rules:
    """What the file allows and forbids itself.

    Args:
        allowed: providers, some or all of the policy's.
        forbidden: providers.
        prefixes: of model ids that are forbidden, in small letters.
    """

    allowed: tuple[str, ...]
    forbidden: tuple[str, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Who serves what.

    Args:
        rows: of all layers, in the order of layers and of `ROWS`.
        services: layer that is the critic of another one, by that layer.
        rules: the file's own; the code's rules are the policy.
    """

    rows: tuple[Row, ...]
    services: Mapping[str, str]
    rules: Rules

    def row(self, layer: str, name: str) -> Row | None:
        """A row by its place, if there is one."""
        return next((row for row in self.rows if (row.layer, row.name) == (layer, name)), None)

    def primaries(self, layer: str) -> tuple[Row, ...]:
        """Primary row and fallbacks of a layer, in the order in which they are asked."""
        found = (self.row(layer, name) for name in (PRIMARY, *FALLBACKS))
        return tuple(row for row in found if row is not None)

    def plain(self) -> dict[str, Any]:
        """As plain values, for a digest."""
        return {
            "rows": [
                {**vars(row), "sunset": row.sunset.isoformat() if row.sunset else None}
                for row in self.rows
            ],
            "services": dict(self.services),
            "rules": vars(self.rules),
        }


def read_matrix(path: Path) -> Matrix:
    """The matrix of a file, checked for its shape; the model policy is not asked here.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    table = read_toml(path)
    barred = [
        f"{layer}: risk gate and execution are deterministic; no model serves them, and no row can"
        for layer in WITHOUT_MODELS
        if layer in table
    ]
    if barred:
        raise ConfigError(str(path), barred)
    file = check_table(_File, table, str(path))
    matrix = _matrix(file)
    problems = [*_repeated(matrix)]
    if problems:
        raise ConfigError(str(path), problems)
    return matrix


def check_matrix(path: Path) -> Matrix:
    """As `read_matrix`, and the rows keep the rules that the file sets itself.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    matrix = read_matrix(path)
    problems = [*against_own_rules(matrix)]
    if problems:
        raise ConfigError(str(path), problems)
    return matrix


def _matrix(file: _File) -> Matrix:
    rows: list[Row] = []
    services = {}
    for layer in LAYERS:
        table: _LayerTable = getattr(file, layer)
        for name in (PRIMARY, *FALLBACKS):
            entry: _RowTable | None = getattr(table, name)
            if entry is not None:
                rows.append(Row(layer, name, **dict(entry)))
        if table.critic.service is not None:
            services[layer] = table.critic.service
        else:
            rows.append(Row(layer, CRITIC, **table.critic.model_dump(exclude={"service"})))
    given = file.global_
    rules = Rules(
        allowed=tuple(given.allowed_providers),
        forbidden=tuple(given.forbidden_providers),
        prefixes=tuple(prefix.casefold() for prefix in given.forbidden_model_prefixes),
    )
    return Matrix(tuple(rows), services, rules)


def against_own_rules(matrix: Matrix) -> Iterator[str]:
    """Mistakes: rows that break the rules of the file's own [global]."""
    rules = matrix.rules
    for row in matrix.rows:
        if row.provider not in rules.allowed or row.provider in rules.forbidden:
            allowed = ", ".join(rules.allowed)
            yield f"{row.key}.provider = {row.provider!r}: [global] allows {allowed}"
        if row.model_id.casefold().startswith(rules.prefixes):
            yield f"{row.key}.model_id = {row.model_id!r}: begins with a prefix that [global] bars"


def _repeated(matrix: Matrix) -> Iterator[str]:
    for layer in LAYERS:
        chain = matrix.primaries(layer)
        for k, row in enumerate(chain):
            earlier = [other.name for other in chain[:k] if other.service == row.service]
            if earlier:
                yield (
                    f"{row.key}: {row.service} is {earlier[0]} already, and cannot stand in for "
                    "itself; name another model"
                )
        critic = matrix.row(layer, CRITIC)
        if critic is not None and critic.service == chain[0].service:
            yield f"{critic.key}: {critic.service} would judge its own work; name another model"
        if matrix.services.get(layer) == layer:
            yield f"{layer}.{CRITIC}.service: a layer cannot be its own critic; name another one"
