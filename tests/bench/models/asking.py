"""The question that every caller asks. Standard library only: both environments read it."""

from typing import Final

MODEL: Final = "gpt-5-mini"
CAP: Final = 8_000
"""Tokens that an answer may have."""
KEY: Final = "local"
MESSAGES: Final = (
    {"role": "system", "content": "You describe what happened in a market, in three sentences."},
    {"role": "user", "content": "Volatility was 18.3 % in the first half and 12.1 % later. " * 8},
)
CALLERS: Final = 32
