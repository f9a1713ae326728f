"""Circuit breakers, and the liquidation of a simulated account that they set off."""
