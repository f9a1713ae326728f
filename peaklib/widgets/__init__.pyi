from .explorer import (
    Explorer as Explorer,
    explore as explore,
)
