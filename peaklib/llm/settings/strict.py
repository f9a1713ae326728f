"""What the models of all files of `configs/ai/` share."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from peaklib.llm.settings.values import MICRO

_AMOUNT: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,63}", re.ASCII)


class Strict(BaseModel):
    """A table that takes no unknown key and converts nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _amount(text: str) -> str:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(
            f'{text!r} is no amount; write it as text with up to six decimals, as in "0.25"'
        )
    return text


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(
            "is the name of an environment variable in capitals, never the value itself"
        )
    return name


Amount = Annotated[str, AfterValidator(_amount)]
"""A number as text, so that it is exact."""
Variable = Annotated[str, AfterValidator(_variable)]
"""Name of an environment variable; what was found instead is not shown, it could be a key."""
Name = Annotated[str, Field(min_length=1, max_length=512)]


def exact(amount: str) -> Fraction:
    """An amount as it is."""
    return Fraction(Decimal(amount))


def micro(amount: str) -> int:
    """An amount of EUR in micro-EUR; six decimals are all there are, so nothing is rounded."""
    return int(exact(amount) * MICRO)
