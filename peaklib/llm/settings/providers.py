"""`providers.toml`: how each provider is reached."""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Final, Self

from pydantic import Field, RootModel, model_validator

from peaklib.config import check_table, read_toml, unknown
from peaklib.errors import ConfigError
from peaklib.llm.policy import ALLOWED_PROVIDERS
from peaklib.llm.settings.places import misplaced
from peaklib.llm.settings.strict import Name, Strict, Variable
from peaklib.llm.settings.values import Api, Provider

FILE: Final = "providers.toml"
# A label of a host's name: nothing in it can leave the place where it is put.
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


class _ProviderTable(Strict):
    base_url: Name
    key: Variable
    api: Annotated[list[Api], Field(min_length=1)]
    variables: dict[str, Variable] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _placeholders_are_known(self) -> Self:
        found, named = placeholders(self.base_url), set(self.variables)
        if found != named:
            raise ValueError(
                f"base_url has the placeholders {sorted(found)} and variables names "
                f"{sorted(named)}; each placeholder needs its environment variable"
            )
        return self


class _File(RootModel[dict[str, _ProviderTable]]):
    pass


def placeholders(base_url: str) -> set[str]:
    """Names in braces of a template.

    Raises:
        ValueError: braces that do not match, or that hold more than a name.
    """
    try:
        parsed = [*Formatter().parse(base_url)]
    except ValueError as error:
        raise ValueError(f"base_url: {error}") from None
    found = set()
    for _, name, layout, conversion in parsed:
        if name is None:
            continue
        if not name.isidentifier() or layout or conversion:
            raise ValueError(f"base_url: {{{name}}} is no plain name in braces")
        found.add(name)
    return found


def read_providers(path: Path) -> dict[str, Provider]:
    """Providers by name.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    tables = check_table(_File, read_toml(path), str(path)).root
    problems = [
        unknown("provider", name, ALLOWED_PROVIDERS)
        for name in tables
        if name not in ALLOWED_PROVIDERS
    ]
    if problems:
        raise ConfigError(str(path), problems)
    return {
        name: Provider(name, table.base_url, table.key, tuple(table.api), table.variables)
        for name, table in tables.items()
    }


def check_providers(path: Path) -> dict[str, Provider]:
    """As `read_providers`, and each one is where it belongs, or on this machine.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    found = read_providers(path)
    refuse_misplaced(found, str(path), prod=False)
    return found


def refuse_misplaced(found: Mapping[str, Provider], source: str, *, prod: bool) -> None:
    """Refuse addresses that are not their provider's, and keys that are not.

    Args:
        found: providers by name.
        source: where they stand.
        prod: whether a server on this machine is refused, too.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    problems = [
        f"{name}.{key}: {text}"
        for name, provider in found.items()
        for key, text in misplaced(provider, example_url(provider), prod=prod)
    ]
    if problems:
        raise ConfigError(source, problems)


def example_url(provider: Provider) -> str:
    """The base URL with a harmless word in place of each placeholder, for a look by the policy."""
    return provider.base_url.format_map(dict.fromkeys(provider.variables, "x"))


def base_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """The base URL with what the environment says in place of each placeholder.

    Raises:
        ConfigError: a variable is not set, or holds more than one label of a host's name.
    """
    values, problems = {}, []
    for name, variable in provider.variables.items():
        values[name] = environ.get(variable, "")
        if not values[name]:
            problems.append(f"{provider.name}.base_url needs {name}: set the variable {variable}")
        elif not _LABEL.fullmatch(values[name]):
            problems.append(
                f"{variable}: is no {name}; it goes into a host's name, so that only a-z, 0-9 "
                "and - may stand in it"
            )
    if problems:
        raise ConfigError(FILE, problems)
    return provider.base_url.format_map(values)
