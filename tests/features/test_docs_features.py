"""The pages on features say what the catalog says, and their examples run."""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.cli import main
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import Feature, get
from peaklib.features.contract import CHECKS, violations
from peaklib.features.transforms import BUILT_IN

DOCS = Path(__file__).resolve().parents[2] / "docs"
ADD = (DOCS / "how-to" / "add-a-feature.md").read_text("utf-8")
