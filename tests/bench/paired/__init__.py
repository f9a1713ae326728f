"""Two libraries on the same question, each in its own process, timed turn by turn."""
