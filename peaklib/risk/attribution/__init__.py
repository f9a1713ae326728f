"""Where return and risk came from: segments, positions, factors, drawdowns."""
