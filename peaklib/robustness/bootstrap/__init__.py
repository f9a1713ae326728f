"""Drawing history again: intervals for any metric, for every cell of a grid, and paths."""
