"""What a Sharpe ratio is worth: its errors, its deflation, the difference of two."""
