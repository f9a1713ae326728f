"""Types of the fixtures that build small data sets."""

from collections.abc import Callable

from peaklib.data import Dataset, Panel

MakeBars = Callable[..., Dataset]
MakePanel = Callable[..., Panel]
