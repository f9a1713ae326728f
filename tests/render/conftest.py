"""Fixtures that build notebooks."""

from collections.abc import Callable

import pytest
from miniature import code_cell, notebook, words
from nbformat import NotebookNode

MakeCell = Callable[..., NotebookNode]


@pytest.fixture
def cell() -> MakeCell:
    return code_cell


@pytest.fixture
def text() -> MakeCell:
    return words


@pytest.fixture
def make_notebook() -> MakeCell:
    return notebook
