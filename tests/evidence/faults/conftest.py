"""What the tests of faults share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence.faults.nursery import Nursery
from evidence.faults.stores import Store


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Starts workers; fails at the end if one of them met an error that it should not."""
    complaints = tmp_path_factory.mktemp("nursery") / "stderr"
    with Nursery(complaints) as made:
        yield made
    assert "Traceback" not in complaints.read_text("utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty folder of runs."""
    return Store(tmp_path)
