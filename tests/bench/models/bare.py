"""The bare SDK of an environment, the way its documentation goes: connections are kept."""

import asyncio

from openai import AsyncOpenAI, OpenAI

from models.asking import CALLERS, CAP, KEY, MESSAGES, MODEL
from models.calls import rate, rate_in_loop


class Bare:
    """Clients of the SDK that retry nothing.

    Args:
        url: base URL of the service.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = OpenAI(base_url=url, api_key=KEY, max_retries=0)

    def call(self) -> object:
        """One call."""
        return self._client.chat.completions.create(
            model=MODEL, messages=list(MESSAGES), max_completion_tokens=CAP
        )

    def rates(self, each: int) -> dict[str, float]:
        """Calls a second by many callers: in threads with one client, and in an event loop."""
        return {
            "threads": rate(self.call, CALLERS, each),
            "loop": asyncio.run(self._in_loop(each)),
        }

    async def _in_loop(self, each: int) -> float:
        async with AsyncOpenAI(base_url=self.url, api_key=KEY, max_retries=0) as client:

            async def call() -> object:
                return await client.chat.completions.create(
                    model=MODEL, messages=list(MESSAGES), max_completion_tokens=CAP
                )

            return await rate_in_loop(call, CALLERS, each)
