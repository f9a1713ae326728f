"""Market data: real series that ship with dependencies, files, and synthetic series.

``load(source)`` gives a checked `Dataset`, ``load_panel(source)`` a `Panel` of several
assets. Names load on first use, so that a config file can be validated
(`dataset_names`, `validate_source`) without paying for pandas.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
