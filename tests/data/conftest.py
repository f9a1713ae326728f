"""Small hand-made files that the tests of the data room share."""

from collections.abc import Callable
from pathlib import Path

import pytest

BARS = """Date,Open,High,Low,Close,Volume
2024-01-02,10,12,9,11,100
2024-01-03,11,13,10,12,0
2024-01-04,12,14,11,13,300
2024-01-05,13,15,12,14,400
2024-01-08,14,16,13,15,500
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a text to a file and return its path."""

    def _write(text: str, name: str = "bars.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def bars_csv(write: Callable[..., Path]) -> Path:
    """Five weekday bars, a weekend before the last."""
    return write(BARS)
