"""The configuration of a night, as a model and as a file."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from peaklib.config import ConfigKind, check_table, read_toml
from peaklib.errors import ConfigError
from peaklib.evidence import home
from peaklib.evidence.redaction.names import says_secret

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Drift(_Strict):
    """How far a cell may move from one night to the next without an alert.

    Args:
        sharpe: largest absolute difference of `best_sharpe` and of `hold_sharpe`, annualised.
        metrics: largest share of a cell's metrics that may differ at all, in [0, 1].
        new_data: whether a data set with another digest is an `alert` or a `note`.
    """

    sharpe: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    metrics: Annotated[float, Field(ge=0, le=1)] = 0.0
    new_data: Literal["alert", "note"] = "alert"


class Webhook(_Strict):
    """Where a signed JSON is posted.

    Args:
        url: https, or http to this very machine; without a user, a password or a fragment.
        secret_env: environment variable with the key of the signature.
        always: post after a night without alerts too.
        timeout_s: for connecting, and again for each answer.
        retries: further attempts after the first one.
        backoff_s: pause before the second attempt, doubled for each later one.
    """

    url: str
    secret_env: str
    always: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    backoff_s: Annotated[float, Field(ge=0, le=60)] = 1.0

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        problem = _problem_of_address(url)
        if problem:
            # The address itself stays out of the message: its path may be a key.
            raise ValueError(problem)
        return url

    @field_validator("secret_env")
    @classmethod
    def _check_variable(cls, name: str) -> str:
        if not _VARIABLE.fullmatch(name):
            raise ValueError("is the name of an environment variable, never the secret itself")
        if not says_secret(name):
            raise ValueError(
                "needs a word such as SECRET or TOKEN in the name, so that packs redact its value"
            )
        return name

    @property
    def host(self) -> str:
        """Host and port, which is all that is ever shown of the address."""
        return urlsplit(self.url).netloc


class Alerts(_Strict):
    """Who is told.

    Args:
        exit: whether alerts give the exit status 1; one that could not be delivered always does.
        file: JSON file, relative to the project, that exists exactly while the last night had
            alerts; empty for none.
        webhook: where to post, or None.
    """

    exit: bool = True
    file: str = ""
    webhook: Webhook | None = None


class NightConfig(_Strict):
    """What happens every night.

    Args:
        name: of the page `reports/<name>.html`; a night is compared with the last one of its name.
        sweeps: paths of their files, relative to the project.
        report: whether each sweep's own report is written too.
        repro: number of finished cells of the previous night that are run again.
        seed: decides which cells those are, together with the previous night.
        drift: what is worth an alert.
        alerts: who is told.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] = "nightly"
    sweeps: Annotated[list[str], Field(min_length=1)]
    report: bool = True
    repro: Annotated[int, Field(ge=0, le=1000)] = 1
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    drift: Drift = Drift()
    alerts: Alerts = Alerts()


def load_config(path: Path) -> NightConfig:
    """A night's file; whether its sweeps are there is found out when they run.

    Args:
        path: of the TOML file.

    Raises:
        ConfigError: lists every mistake with key and what is allowed.
    """
    table = read_toml(path)
    config = check_table(NightConfig, table, str(path))
    problems = list(_problems_of_names(config))
    if problems:
        raise ConfigError(str(path), problems)
    return config


def check_config(path: Path) -> NightConfig:
    """As `load_config`, and each sweep's file has to exist: for a look before the first night.

    Raises:
        ConfigError: lists every mistake.
    """
    config = load_config(path)
    missing = [
        f"sweeps[{k}] = {name!r}: no such file below {home()}"
        for k, name in enumerate(config.sweeps)
        if not (home() / name).is_file()
    ]
    if missing:
        raise ConfigError(str(path), missing)
    return config


def _problems_of_names(config: NightConfig) -> Iterator[str]:
    """Cells and pages are found by name, so no name may stand for two things."""
    stems = [Path(name).stem for name in config.sweeps]
    for name in sorted({stem for stem in stems if stems.count(stem) > 1}):
        yield f"sweeps: {stems.count(name)} of them are called {name!r}; give each its own name"
    if config.name in stems:
        yield f"name = {config.name!r}: is a sweep's, whose report would be lost; choose another"
    for own in ("html", "json"):
        if config.alerts.file and Path(config.alerts.file).name == f"{config.name}.{own}":
            yield f"alerts.file = {config.alerts.file!r}: is the night's own page; choose another"


def _problem_of_address(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no address; write https://host/path"
    if parts.scheme not in ("https", "http") or not host or not url.isascii() or " " in url:
        return "is no address; write https://host/path"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "holds a user, a password or a fragment; the signature alone says who posts"
    if parts.scheme == "http" and not _is_here(parts):
        return "is http; alerts leave this machine by https only"
    return None


def _is_here(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def shown(config: NightConfig) -> dict[str, Any]:
    """A configuration as plain values for a record: of the webhook's address only the host."""
    plain: dict[str, Any] = config.model_dump()
    hook = config.alerts.webhook
    if hook is not None:
        plain["alerts"]["webhook"]["url"] = f"{urlsplit(hook.url).scheme}://{hook.host}/…"
    return plain


CONFIG_FILES = ConfigKind("nightly/*.toml", check_config)
