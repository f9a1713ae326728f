"""Allocation: weights of a portfolio from the returns of its assets, and their walk forward."""
