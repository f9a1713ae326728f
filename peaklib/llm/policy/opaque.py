"""Ids that do not say which model answers to them."""

import re
from typing import Final

_NAMELESS: Final = re.compile(r"ag[:_].*|[0-9a-f-]{8,}|[0-9]+")
_RESOURCES: Final = ("agents", "deployments", "endpoints", "tunedmodels")
RULES: Final = (_NAMELESS.pattern, *_RESOURCES)
"""What decides here, as text for a digest."""


def is_opaque(provider: str, model_id: str) -> bool:
    """Whether only a record can tell which model an id of a provider stands for.

    Azure serves deployments under names that anybody may choose. Ids of Bedrock that name a model
    have its maker in front and a dot; profiles and imported models have not.

    Args:
        provider: name of the provider.
        model_id: as it is sent.

    Returns:
        True for these, and for every provider where `is_handle` says so.
    """
    if provider == "azure" or (provider == "bedrock" and "." not in model_id):
        return True
    return is_handle(model_id)


def is_handle(model_id: str) -> bool:
    """Whether an id is an ARN, an agent, a deployment, an endpoint, a tuned model or a number.

    Args:
        model_id: of any provider.

    Returns:
        True if it names something that a model stands behind, and not the model.
    """
    segments = model_id.lower().split("/")
    if segments[0].startswith("arn:") or not set(_RESOURCES).isdisjoint(segments):
        return True
    return _NAMELESS.fullmatch(segments[-1]) is not None
