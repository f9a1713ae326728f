"""The append-only list of what happened, and proofs about it."""
