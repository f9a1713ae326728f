"""A model's numbers held against `configs/ai/evals.toml`, what its layer demands."""

from pathlib import Path
from typing import Final

from peaklib.config import ConfigKind
from peaklib.errors import ConfigError
from peaklib.evidence.places import home
from peaklib.llm.evals.summary import Summary
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings import thresholds
from peaklib.llm.settings.thresholds import Thresholds, read_thresholds
from peaklib.llm.settings.values import MICRO

FILE: Final = f"configs/ai/{thresholds.FILE}"

__all__ = ["CONFIG_FILES", "FILE", "Thresholds", "load_thresholds", "missed", "read_thresholds"]


def missed(demanded: Thresholds, summary: Summary) -> tuple[str, ...]:
    """What a model did not reach, one sentence each; empty if it reached everything.

    Args:
        demanded: of the layer.
        summary: of all cases of the layer.
    """
    passed, form, p95 = (
        each.value or 0.0 for each in (summary.pass_at_1, summary.format_ok, summary.latency_p95_s)
    )
    cost, most = summary.cost_per_case or 0, demanded.max_cost_micro_eur_per_case
    violations = summary.violations
    found = {
        f"pass@1 is {passed:.3f}, below {demanded.min_pass:.3f}": passed < demanded.min_pass,
        f"format compliance is {form:.3f}, below {demanded.min_format:.3f}": (
            form < demanded.min_format
        ),
        f"policy violations: {violations}, tolerated: {demanded.max_policy_violations}": (
            violations > demanded.max_policy_violations
        ),
        f"a case costs {cost / MICRO:.6f} EUR, above {most / MICRO:.6f}": cost > most,
        f"p95 latency is {p95:.2f} s, above {demanded.max_p95_s:g} s": p95 > demanded.max_p95_s,
    }
    return tuple(text for text, true in found.items() if true)


def load_thresholds(layer: str, path: Path | None = None) -> Thresholds:
    """What a model of a layer has to reach.

    Args:
        layer: `L0` … `L4`.
        path: of the file; the project's by default.

    Raises:
        ConfigError: lists every mistake of the file, or there is no such layer.
    """
    found = read_thresholds(path or home() / FILE)
    if layer not in found:
        raise ConfigError("evals", [f"no layer {layer!r}; there are {', '.join(LAYERS)}"])
    return found[layer]


CONFIG_FILES: Final = (ConfigKind("ai/evals.toml", read_thresholds),)
