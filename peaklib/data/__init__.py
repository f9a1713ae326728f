"""Market data: real series that ship with dependencies, files, and synthetic series.

``load(source)`` gives a checked `Dataset`, ``load_panel(source)`` a `Panel` of several
assets. Names load on first use, so that a config file can be validated
(`dataset_names`, `validate_source`) without paying for pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from peaklib.data.catalog import DatasetInfo, list_datasets, load, load_panel
    from peaklib.data.dataset import Dataset
    from peaklib.data.digest import frame_digest
    from peaklib.data.frames import from_frame
    from peaklib.data.meta import DatasetMeta
    from peaklib.data.names import dataset_names, validate_source
    from peaklib.data.panel import Panel
    from peaklib.data.quality import Quality

__all__ = [
    "Dataset",
    "DatasetInfo",
    "DatasetMeta",
    "Panel",
    "Quality",
    "dataset_names",
    "frame_digest",
    "from_frame",
    "list_datasets",
    "load",
    "load_panel",
    "validate_source",
]

_HOMES: Final = {
    "Dataset": "dataset",
    "DatasetInfo": "catalog",
    "DatasetMeta": "meta",
    "Panel": "panel",
    "Quality": "quality",
    "dataset_names": "names",
    "frame_digest": "digest",
    "from_frame": "frames",
    "list_datasets": "catalog",
    "load": "catalog",
    "load_panel": "catalog",
    "validate_source": "names",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
