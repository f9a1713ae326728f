"""How much can be lost: value at risk and expected shortfall, for one horizon or bar by bar."""
