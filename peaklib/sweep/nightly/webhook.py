"""Posting a signed JSON, with a time-out and some patience."""

import hmac
import time
from collections.abc import Callable
from typing import Final

from peaklib.errors import PeakError
from peaklib.sweep.nightly.config import Webhook

SIGNATURE: Final = "X-Peak-Signature-256"
DELIVERY: Final = "X-Peak-Delivery"
SHORTEST_SECRET: Final = 16
_TOO_MANY: Final = 429
_LONGEST_PAUSE_S: Final = 60.0

Sleep = Callable[[float], None]


class DeliveryError(PeakError):
    """An alert did not reach whom it was meant for; the message names the host alone."""


class _AgainError(DeliveryError):
    """Worth another attempt: nobody answered, or the answer was to come back later."""


def signature(body: bytes, secret: str) -> str:
    """HMAC-SHA256 of the very bytes that are posted, as `sha256=<64 hexadecimal digits>`.

    Args:
        body: of the request.
        secret: shared with the receiver, read as UTF-8.

    Source: RFC 2104.
    """
    return f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"


def post(
    hook: Webhook, body: bytes, secret: str, *, delivery: str, sleep: Sleep = time.sleep
) -> int:
    """Post a body, again after a pause where that may help.

    No answer, 429 and 5xx are worth another attempt; everything else but 2xx is final, a
    redirection too: the signature is meant for the address of the configuration. Proxies of
    the environment are not asked. The body of an answer is not read.

    Args:
        hook: where to, and how patiently.
        body: JSON.
        secret: of the signature.
        delivery: the same for all attempts, so that the receiver can tell a second one.
        sleep: waits between attempts, in seconds.

    Returns:
        Status of the answer, 2xx.

    Raises:
        DeliveryError: the secret is too short, or the last attempt failed; says how.
    """
    from tenacity import (
        Retrying,
        retry_if_exception_type,
        stop_after_attempt,
        wait_exponential,
    )

    if not secret:
        raise DeliveryError(f"the environment has no variable {hook.secret_env} with the secret")
    if len(secret) < SHORTEST_SECRET:
        raise DeliveryError(
            f"{hook.secret_env} holds {len(secret)} characters; a secret has at least "
            f"{SHORTEST_SECRET}"
        )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "peaklib",
        SIGNATURE: signature(body, secret),
        DELIVERY: delivery,
    }
    attempts = Retrying(
        stop=stop_after_attempt(hook.retries + 1),
        wait=wait_exponential(multiplier=hook.backoff_s, max=_LONGEST_PAUSE_S),
        retry=retry_if_exception_type(_AgainError),
        sleep=sleep,
        reraise=True,
    )
    try:
        return attempts(_once, hook, body, headers)
    except _AgainError as error:
        raise DeliveryError(f"{error}, {hook.retries + 1} times") from None


def _once(hook: Webhook, body: bytes, headers: dict[str, str]) -> int:
    from urllib3 import PoolManager, Timeout
    from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

    patience = Timeout(connect=hook.timeout_s, read=hook.timeout_s)
    # No retries here: urllib3 would write the address, whose path may be a key, into the log.
    with PoolManager(retries=False, timeout=patience) as pool:
        try:
            answer = pool.request(
                "POST", hook.url, body=body, headers=headers, redirect=False, preload_content=False
            )
        except HTTPError as error:
            # A connection that was refused counts as a time-out in urllib3's family tree.
            if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
                said = f"{hook.host} did not answer within {hook.timeout_s:g} s"
            else:
                said = f"{hook.host} was not reached ({type(error).__name__})"
            raise _AgainError(said) from None
        status = answer.status
        answer.close()
    if 200 <= status < 300:
        return status
    said = f"{hook.host} answered {status}"
    if status == _TOO_MANY or status >= 500:
        raise _AgainError(said)
    if 300 <= status < 400:
        raise DeliveryError(f"{said}, a redirection, which is not followed; name the final address")
    raise DeliveryError(said)
