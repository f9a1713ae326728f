"""The pages on labels name everything, their examples run, and their tables are computed."""

import ast
import inspect
import re
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from scratch import ROOT
from test_docs_tables import rows_below
