"""Stress: what a book loses in past windows and in supposed moves, and what breaks its limit."""
