"""The other side: LiteLLM's Router, the way its documentation goes.

Run in the peer's environment as `python -m models.peer URL`.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from paired.worker import serve

from models.asking import CAP, KEY, MESSAGES, MODEL
from models.bare import Bare
from models.calls import stay_on_this_machine
from models.routed import Routed

# What it may see of the environment.
_KEPT = ("PATH", "LANG", "TMPDIR")


def deployment(name: str, url: str) -> Mapping[str, Any]:
    """One row of its list of models."""
    place = {"model": f"openai/{MODEL}", "api_base": url, "api_key": KEY}
    return {"model_name": name, "litellm_params": place}


def routed(url: str) -> Routed:
    """The side: a primary model with two that stand in for it, nothing retried."""
    for name in set(os.environ).difference(_KEPT):
        del os.environ[name]
    # Its prices come from its own files, not from the network; it reads this when imported.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.telemetry = False
    router = litellm.Router(
        model_list=[deployment(name, url) for name in ("primary", "second", "third")],
        fallbacks=[{"primary": ["second", "third"]}],
        num_retries=0,
    )
    asked = {"model": "primary", "messages": list(MESSAGES), "max_completion_tokens": CAP}
    return Routed(
        lambda: router.completion(**asked),
        lambda: router.acompletion(**asked),
        litellm.close_litellm_async_clients,
        Bare(url),
        {},
    )


if __name__ == "__main__":
    stay_on_this_machine()
    serve(routed(sys.argv[1]).commands())
