"""The SDK is loaded before any clock of a test starts; it takes a second or more."""

from importlib import import_module

import pytest


@pytest.fixture(scope="session", autouse=True)
def _sdk() -> None:
    import_module("peaklib.llm.client.exchange")
