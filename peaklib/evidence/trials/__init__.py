"""Grids of parameters, the trials that they stand for, and comparing runs by them."""
