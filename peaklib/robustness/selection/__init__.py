"""Whether choosing carries over: windows, overfitting, walk-forward, stability, plateaus."""
