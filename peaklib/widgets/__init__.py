"""Interactive views for JupyterLab; each has the same view as a static figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
