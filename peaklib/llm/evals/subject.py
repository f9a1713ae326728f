"""Which model is measured: settings in which it alone serves a layer."""

from dataclasses import replace

from peaklib.errors import ConfigError
from peaklib.llm import policy
from peaklib.llm.roles import FALLBACKS, PRIMARY
from peaklib.llm.settings import Row, Settings


def subject_of(settings: Settings, layer: str, model: str | None = None) -> Row:
    """The row that is measured.

    Args:
        settings: of `configs/ai`.
        layer: whose cases are asked.
        model: `provider:model_id`; the layer's primary row by default. One that stands in the
            matrix is asked by the interface that its row says, another one by chat.

    Raises:
        ConfigError: no such layer; or the model is not in the allowlist, or has no price.
        PolicyViolation: the policy refuses it, or no model serves the layer.
    """
    primary = settings.chain(layer, PRIMARY)[0]
    if model is None:
        row = primary
    else:
        provider, _, model_id = model.partition(":")
        if not (provider and model_id):
            told = f"{model!r} names no provider; write PROVIDER:ID, as in openai:gpt-5-mini"
            raise ConfigError("model", [told])
        rows = [row for row in settings.matrix.rows if row.service == model]
        known = next((row for row in rows if row.layer == layer), rows[0] if rows else None)
        named = known or Row(layer, PRIMARY, provider, model_id, "chat")
        row = replace(named, layer=layer, name=PRIMARY)
    policy.check(row.provider, row.model_id)
    problems = _problems(settings, row)
    if problems:
        raise ConfigError(f"model {row.service}", problems)
    settings.gate().check(row.provider, row.model_id)
    return row


def alone(settings: Settings, row: Row) -> Settings:
    """The same settings, in which one row serves its layer and nobody stands in for it."""
    others = [
        each
        for each in settings.matrix.rows
        if each.layer != row.layer or each.name not in (PRIMARY, *FALLBACKS)
    ]
    return replace(settings, matrix=replace(settings.matrix, rows=(row, *others)))


def _problems(settings: Settings, row: Row) -> list[str]:
    found = []
    if (row.provider, row.model_id) not in settings.allowed:
        found.append("is not in configs/ai/allowed_models.toml; only allowed models are measured")
    if settings.price(row) is None:
        found.append("has no price in configs/ai/prices.toml; without one it is never asked")
    return found
