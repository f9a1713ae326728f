"""From thresholds and an assessment to gates and one word."""
