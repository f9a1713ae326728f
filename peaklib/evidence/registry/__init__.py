"""One folder of runs: its index, and what is asked of it."""
