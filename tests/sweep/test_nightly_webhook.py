"""Posts to a real server on this machine: signed, patient, and never redirected."""

import hmac
import socket
from typing import Any

import pytest
from nights import SECRET, VARIABLE, Receiver, receiving

from peaklib.sweep.nightly.config import Webhook
from peaklib.sweep.nightly.webhook import DELIVERY, SIGNATURE, DeliveryError, post, signature

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

BODY = '{"word":"2 alerts","cell":"sma · retail"}'.encode()


def hook(url: str, **keys: Any) -> Webhook:
    plain = {"url": url, "secret_env": VARIABLE, "timeout_s": 5.0, "backoff_s": 2.0, **keys}
    return Webhook.model_validate(plain)


def send(told: Receiver, pauses: list[float] | None = None, **keys: Any) -> int:
    kept = [] if pauses is None else pauses
    return post(hook(told.url, **keys), BODY, SECRET, delivery="run-1", sleep=kept.append)


def test_signature_is_that_of_the_standard() -> None:
    """Test case 2 of RFC 4231, section 4.3."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature(b"what do ya want for nothing?", "Jefe") == f"sha256={expected}"


def test_receiver_gets_the_body_with_a_signature_of_its_very_bytes() -> None:
    with receiving() as told:
        assert send(told) == 200
    ((path, headers, body),) = told.posts
    assert path == "/hook/path-0f3a"
    assert body == BODY
    assert headers["Content-Type"] == "application/json"
    assert headers[DELIVERY] == "run-1"
    mac = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    assert headers[SIGNATURE] == f"sha256={mac}"
    assert SECRET not in str(headers)


@pytest.mark.parametrize("statuses", [(500, 503), (429, 502)])
def test_server_that_fails_twice_and_then_accepts_is_reached(statuses: tuple[int, int]) -> None:
    pauses: list[float] = []
    with receiving(*statuses) as told:
        assert send(told, pauses) == 200
    assert len(told.posts) == 3
    assert pauses == [2.0, 4.0]
    assert {headers[DELIVERY] for _, headers, _ in told.posts} == {"run-1"}


def test_server_that_keeps_failing_is_given_up_after_the_last_attempt() -> None:
    with receiving(500, 500, 500, 200) as told, pytest.raises(DeliveryError) as caught:
        send(told, retries=2)
    assert len(told.posts) == 3
    assert str(caught.value).endswith("answered 500, 3 times")


def test_server_that_hangs_past_the_time_out_is_asked_again() -> None:
    with receiving(-0.6) as told:
        assert send(told, timeout_s=0.2, retries=1) == 200
    assert len(told.posts) == 2


def test_server_that_always_hangs_is_an_error_that_says_so() -> None:
    with (
        receiving(-0.6, -0.6) as told,
        pytest.raises(DeliveryError, match=r"within 0\.2 s, 2 times"),
    ):
        send(told, timeout_s=0.2, retries=1)


def test_redirection_is_neither_followed_nor_tried_again() -> None:
    with receiving(302) as told, pytest.raises(DeliveryError, match="302, a redirection"):
        send(told)
    assert [path for path, _, _ in told.posts] == ["/hook/path-0f3a"]


@pytest.mark.parametrize("status", [400, 401, 404])
def test_refusal_is_final(status: int) -> None:
    with receiving(status) as told, pytest.raises(DeliveryError, match=f"answered {status}$"):
        send(told)
    assert len(told.posts) == 1


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with receiving() as told:
        assert send(told) == 200


def test_error_and_log_hold_neither_secret_nor_path(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        told = Receiver([], f"http://127.0.0.1:{taken.getsockname()[1]}/hook/path-0f3a")
        with (
            caplog.at_level("DEBUG"),
            pytest.raises(DeliveryError, match="was not reached") as caught,
        ):
            send(told)
    for text in (str(caught.value), repr(caught.value), caplog.text):
        assert SECRET not in text
        assert "path-0f3a" not in text


@pytest.mark.parametrize(
    ("secret", "said"), [("", "no variable NIGHT_SECRET"), ("short", "at least 16")]
)
def test_without_a_proper_secret_nothing_is_posted(secret: str, said: str) -> None:
    with receiving() as told, pytest.raises(DeliveryError, match=said) as caught:
        post(hook(told.url), BODY, secret, delivery="run-1")
    assert told.posts == []
    assert not secret or secret not in str(caught.value)
