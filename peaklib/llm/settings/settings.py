"""Everything that `configs/ai/` says, and the questions that a router asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from peaklib.config import unknown
from peaklib.errors import ConfigError, PolicyViolation
from peaklib.evidence.canonical import digest
from peaklib.llm import policy
from peaklib.llm.roles import CRITIC, LAYERS, PRIMARY, ROLES, WITHOUT_MODELS
from peaklib.llm.settings.budgets import EVALS, PHASES, Budgets
from peaklib.llm.settings.lock import Lock
from peaklib.llm.settings.matrix import Matrix
from peaklib.llm.settings.models import Service
from peaklib.llm.settings.places import is_local
from peaklib.llm.settings.providers import FILE as PROVIDERS_FILE, base_url, refuse_misplaced
from peaklib.llm.settings.standing import vouching
from peaklib.llm.settings.values import (
    Allowed,
    Demand,
    Endpoint,
    Limit,
    LockEntry,
    Price,
    Profile,
    Provider,
    Row,
)

LOCAL_URL: Final = "AI_LOCAL_URL"
"""Environment variable: an OpenAI-compatible server on this machine in place of all providers."""


@dataclass(frozen=True)
class Settings:
    """What may be asked, where, at which price and within which limits.

    Args:
        profile: `dev` or `prod`.
        matrix: who serves what.
        providers: by name.
        budgets: of calls, layers, runs and phases.
        prices: in EUR, by provider and model id.
        allowed: the allowlist, by provider and model id.
        lock: models that were measured.
        demands: what an entry of the lock is held against, by layer.
    """

    profile: Profile
    matrix: Matrix
    providers: Mapping[str, Provider]
    budgets: Budgets
    prices: Mapping[Service, Price]
    allowed: Mapping[Service, Allowed]
    lock: Lock
    demands: Mapping[str, Demand]

    def chain(self, layer: str, role: str) -> tuple[Row, ...]:
        """Rows that are asked for a role of a layer, in this order.

        Args:
            layer: `L0` to `L4`.
            role: `primary` or `critic`.

        Returns:
            Primary row and fallbacks, or the one row of a critic. Where another layer serves as
            critic, its primary row and fallbacks.

        Raises:
            PolicyViolation: the layer is one that no model serves.
            ConfigError: there is no such layer or role.
        """
        if layer in WITHOUT_MODELS:
            raise PolicyViolation(
                "layer",
                layer,
                "risk gate and execution are deterministic; no model is asked there, ever",
            )
        problems = [unknown("layer", layer, LAYERS)] if layer not in LAYERS else []
        problems += [unknown("role", role, ROLES)] if role not in ROLES else []
        if problems:
            raise ConfigError("call of a model", problems)
        if role == PRIMARY:
            return self.matrix.primaries(layer)
        row = self.matrix.row(layer, CRITIC)
        return (row,) if row else self.matrix.primaries(self.matrix.services[layer])

    def endpoint(self, row: Row, environ: Mapping[str, str]) -> Endpoint:
        """Where a row's calls go.

        Args:
            row: of the matrix.
            environ: `AI_LOCAL_URL`, if set, replaces every provider; else variables of templates.

        Raises:
            ConfigError: a variable is missing or unfit, the address is not the provider's, or a
                stand-in is named in prod.
            PolicyViolation: the address is one that the policy refuses.
        """
        local = environ.get(LOCAL_URL, "")
        if local:
            if self.profile == "prod":
                raise ConfigError(
                    "environment",
                    [f"{LOCAL_URL}: is set, but in prod no stand-in may answer"],
                )
            policy.check(row.provider, row.model_id, local)
            if not local.lower().startswith("http://"):
                raise ConfigError(
                    "environment",
                    [f"{LOCAL_URL}: names no server here; write http://127.0.0.1:PORT/v1"],
                )
            return Endpoint(local, None, local=True)
        provider = self.providers.get(row.provider)
        if provider is None:
            raise ConfigError(PROVIDERS_FILE, [f"{row.provider}: is missing, {row.key} needs it"])
        url = base_url(provider, environ)
        policy.check(row.provider, row.model_id, url)
        # Again with what the variables say, and for settings that were not read from a file.
        filled = {provider.name: replace(provider, base_url=url, variables={})}
        refuse_misplaced(filled, PROVIDERS_FILE, prod=self.profile == "prod")
        return Endpoint(url, None, local=True) if is_local(url) else Endpoint(url, provider.key)

    def price(self, row: Row) -> Price | None:
        """What a row's model costs; None if nobody knows, and then it may not be asked."""
        return self.prices.get((row.provider, row.model_id))

    def snapshots(self, row: Row) -> frozenset[str]:
        """Names besides its own under which a row's replies may come.

        Those of the allowlist, and what the provider answered by when the lock was written: the
        model behind an opaque id too. Only an entry that vouches for the row counts.
        """
        allowed = self.allowed.get((row.provider, row.model_id))
        names = set(allowed.snapshots if allowed else ())
        entry = self.verified(row)
        if entry is not None:
            names.update(entry.snapshots, filter(None, [entry.resolves_to]))
        return frozenset(names)

    def verified(self, row: Row) -> LockEntry | None:
        """The lock's entry that vouches for a row, held against cases and thresholds of today."""
        return vouching(self.lock, row, self.demands)

    def call_tokens(self, layer: str) -> int:
        """How many tokens one call of a layer may write, thinking included."""
        return self.budgets.call_tokens[layer]

    def limits(self, layer: str, phase: str) -> Mapping[str, Limit]:
        """Limits that a call of a layer stands under: of its layer, run and phase.

        One that measures a model stands under those of its eval and of a day of evals instead.

        Raises:
            ConfigError: there is no such phase.
        """
        if phase == EVALS:
            return {"run": self.budgets.evals[layer], "phase": self.budgets.evals_day}
        if phase not in PHASES:
            raise ConfigError("call of a model", [unknown("phase", phase, PHASES)])
        return {
            "layer": self.budgets.layers[layer],
            "run": self.budgets.run,
            "phase": self.budgets.phases[phase],
        }

    def gate(self) -> policy.Gate:
        """The policy with this repository's allowlist, and what the lock knows of opaque ids."""
        return self._gate

    @cached_property
    def _gate(self) -> policy.Gate:
        resolved = {
            (entry.provider, entry.model_id): entry.resolves_to
            for entry in self.lock.entries
            if entry.resolves_to is not None and entry.endpoint == "provider"
        }
        return policy.Gate(self.allowed.keys(), resolved)

    @cached_property
    def matrix_digest(self) -> str:
        """SHA-256 of who serves what."""
        return digest(self.matrix.plain())

    @cached_property
    def policy_digest(self) -> str:
        """SHA-256 of the policy's rules, allowlist, resolved ids, and how providers are reached."""
        reached = {name: vars(provider) for name, provider in self.providers.items()}
        return digest({"gate": self._gate.digest, "providers": reached})
