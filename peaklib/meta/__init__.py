"""Meta-labeling: a model that says how much of a strategy's bets to take."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
