"""Nights: the same sweeps again and again, held against the night before."""
