"""Labels of events, how much each of them tells, and how models of them are tested."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
