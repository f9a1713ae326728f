"""The state of a market in numbers: regime, volatility, drawdown, breadth, and what came after."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
