"""What risk costs: measures, the gate, allocation."""
