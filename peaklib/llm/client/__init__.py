"""One request to one service over real HTTP; the only room that knows the SDK."""

from peaklib.llm.client.failure import Failure
from peaklib.llm.client.sending import Client

__all__ = ["Client", "Failure"]
