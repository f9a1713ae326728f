"""What the L5 gate is made of: intents, states, limits, the resulting book, and decisions."""
