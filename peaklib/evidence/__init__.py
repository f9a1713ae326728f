"""Runs and the evidence that they leave. Knows nothing of markets or notebooks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
