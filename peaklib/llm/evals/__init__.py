"""Measures models on the cases of their layer: what is asked, what is checked, what came out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
