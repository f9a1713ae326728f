"""What a search is worth: independent tries, and tests of the best of many."""
