"""What the tests of the project itself share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout, with pyproject.toml and the Makefile."""
    return Path(__file__).resolve().parents[2]
