"""Research on local sources: what they say, word for word, and how far a claim stands on it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
