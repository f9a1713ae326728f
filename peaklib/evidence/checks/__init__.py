"""Holding a pack against its own lists and against the ledger."""
