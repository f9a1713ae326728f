"""The files of `configs/risk/` that this room claims."""

from typing import Final

from peaklib.risk.gating.limits_file import CONFIG_FILES as LIMITS
from peaklib.risk.stress.scenarios import CONFIG_FILES as SCENARIOS

CONFIG_FILES: Final = (SCENARIOS, LIMITS)
