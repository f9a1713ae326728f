"""How a call goes: what is checked before, one attempt, the way down the rows of a layer."""
