"""One request and its reply, by the SDK. Its exceptions, which hold headers, end here."""

import logging
import socket
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

from peaklib.llm import policy
from peaklib.llm.client.classes import by_status
from peaklib.llm.client.failure import Failure
from peaklib.llm.client.reading import Raw
from peaklib.llm.client.wire import RefusedReply, Sdk, connections
from peaklib.llm.roles import Outcome

if TYPE_CHECKING:
    from openai._types import RequestOptions

    from peaklib.llm.settings import Endpoint, Row

# At their finer levels they write addresses and headers of replies. The line that a call
# leaves in a log is the router's.
_LOGGERS: Final = ("openai", "httpx2", "httpcore2")
_LOCAL_KEY: Final = "local"
_HIDDEN: Final = b"[redacted]"
_BROKEN: Final = {
    "ConnectError": "no connection",
    "ReadError": "the connection broke while the reply came",
    "RemoteProtocolError": "the reply broke off, or is no HTTP",
    "WriteError": "the connection broke while the request went",
}


class Exchange:
    """Talks to services, by one SDK client for each base URL.

    Args:
        environ: holds the keys; read at each request.
        max_reply_bytes: a longer reply is refused.
    """

    def __init__(self, environ: Mapping[str, str], max_reply_bytes: int) -> None:
        self._environ = environ
        self._pool = connections(max_reply_bytes)
        self._sdks: dict[str, Sdk] = {}
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)

    async def __call__(
        self, row: "Row", endpoint: "Endpoint", method: str, path: str, body: bytes = b""
    ) -> Raw | Failure:
        """Send one request and take the reply.

        Args:
            row: for whom.
            endpoint: where, and under which variable the key is.
            method: `GET` or `POST`.
            path: below the base URL.
            body: of a `POST`.

        Returns:
            The reply, whatever its status, or the failure if there is none. A failure is
            returned, not raised: raised here, it would carry the key in its traceback.
        """
        key = key_of(endpoint, self._environ)
        options: RequestOptions = {
            "headers": {"Authorization": f"Bearer {key}"},
            "security": {"bearer_auth": True},
        }
        try:
            sdk = self._sdk(row, endpoint)
            if method == "GET":
                reply = await sdk.get(path, cast_to=httpx2.Response, options=options)
            else:
                reply = await sdk.post(path, cast_to=httpx2.Response, content=body, options=options)
        except APIStatusError as error:
            reply = error.response
        except RefusedReply as refusal:
            outcome = Outcome.OUTAGE if 200 <= refusal.status < 300 else by_status(refusal.status)
            return Failure(outcome, refusal.reason, refusal.status)
        except APITimeoutError:
            return Failure(Outcome.TIMEOUT, "the connection timed out")
        except APIConnectionError as error:
            return Failure(Outcome.OUTAGE, _broken(error))
        except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return Failure(Outcome.OUTAGE, f"the SDK failed: {type(error).__name__}")
        return Raw(
            reply.status_code,
            {name.lower(): value for name, value in reply.headers.items()},
            reply.content if endpoint.local else reply.content.replace(key.encode(), _HIDDEN),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    def _sdk(self, row: "Row", endpoint: "Endpoint") -> Sdk:
        """The SDK client of a base URL; it never holds a key, each request brings its own."""
        sdk = self._sdks.get(endpoint.base_url)
        if sdk is None:
            sdk = Sdk(
                base_url=endpoint.base_url,
                api_key=_LOCAL_KEY,
                admin_api_key="",
                max_retries=0,
                timeout=httpx2.Timeout(None),
                http_client=self._pool,
            )
            # The policy has seen the text; this is the address that would be opened.
            policy.check(row.provider, row.model_id, str(sdk.base_url))
            self._sdks[endpoint.base_url] = sdk
        return sdk


def key_of(endpoint: "Endpoint", environ: Mapping[str, str]) -> str:
    """The key of an endpoint; a stand-in on this machine gets none that is worth anything."""
    if endpoint.local:
        return _LOCAL_KEY
    return environ.get(endpoint.key_variable or "", "").strip()


def _broken(error: BaseException | None) -> str:
    """What went wrong with a connection, in own words; those of the libraries may quote."""
    words = "no connection"
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "the certificate of the service is not trusted"
        if isinstance(error, ssl.SSLError):
            return "no secure connection"
        if isinstance(error, socket.gaierror):
            return "the name of the service is not known"
        words = _BROKEN.get(type(error).__name__, words)
        error = error.__cause__ or error.__context__
    return words
