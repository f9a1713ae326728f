"""Holding packs, pages and exports against the ledger."""
