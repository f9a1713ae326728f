"""The risk chapter of a run: how much its account can lose, and whether the model of that holds."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
