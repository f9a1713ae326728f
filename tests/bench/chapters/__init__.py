"""What the chapters of docs/benchmarks.md have in common."""
