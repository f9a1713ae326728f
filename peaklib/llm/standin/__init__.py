"""A server on this machine that speaks the model API: dry runs, tests, work without a key."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
