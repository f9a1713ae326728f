"""Which model may serve what, at which price and limit: everything that `configs/ai/` says."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
