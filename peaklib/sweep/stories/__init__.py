"""What the notebooks over a sweep share: grounds, maps, windows, walks, and one trial examined."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
