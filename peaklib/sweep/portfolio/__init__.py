"""A portfolio out of a sweep's runs: chosen and weighted in sample, judged out of sample."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
