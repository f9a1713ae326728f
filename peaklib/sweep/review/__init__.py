"""The reviewer's report of a sweep: what was found, what it has to stand up to, and the answer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
