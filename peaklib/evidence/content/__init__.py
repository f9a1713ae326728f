"""What a pack says, whatever it is stored in: digests of values, and where two differ."""
