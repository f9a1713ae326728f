"""Taking secrets out of what is written into a pack."""
