"""The only place that executes notebooks: one notebook with parameters, one run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
