"""What the tests of this room share."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture
def collected() -> Iterator[None]:
    """Collect garbage at the end, so that its warnings do not appear in another test."""
    yield
    gc.collect()
