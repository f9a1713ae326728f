"""Frames and numbers as figures, tables and pages. Importing it registers the plotly template.

This room knows nothing of strategies, sweeps or runs.
"""

import lazy_loader

from peaklib.render.template import register

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

register()
