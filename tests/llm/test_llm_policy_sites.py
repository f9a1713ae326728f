"""The policy is asked at three places; each holds alone, with the two others taken out."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ai_settings import MATRIX, TODAY, copy_ai, edit
from llm.routing import HELLO, bench

from peaklib.cli.config_lint import command as config_lint
from peaklib.errors import PolicyViolation
from peaklib.llm import load_settings, policy
from peaklib.llm.client import Client
from peaklib.llm.messages import Request
from peaklib.llm.policy import FORBIDDEN_WORDS
from peaklib.llm.settings import Endpoint, Row

VENDOR, FAMILY = FORBIDDEN_WORDS
LOADING = ("peaklib.llm.settings.load", "peaklib.llm.settings.settings")
CLIENT = ("peaklib.llm.client.sending", "peaklib.llm.client.exchange")
LINT = ("peaklib.llm.settings.lint.deny",)
# Every way in which a matrix can name what is forbidden.
FORBIDDEN = [
    ("openai", f"{FAMILY}-opus"),
    ("bedrock", f"us.{VENDOR}.{FAMILY}-sonnet-4-v1:0"),
    ("openai", f"my-{FAMILY}tte"),
    (VENDOR, "gpt-5-mini"),
]


class Blind:
    """A policy that sees nothing."""

    Gate = policy.Gate

    @staticmethod
    def check(*_: object) -> None: ...

    @staticmethod
    def check_reply(*_: object) -> None: ...


class BlindGate:
    """A gate that lets everything pass."""

    digest = "blind"

    def __init__(self, *_: object) -> None: ...

    def check(self, *_: object) -> None: ...


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Take the policy out of everything but some modules."""

    def leave(kept: tuple[str, ...]) -> None:
        for module in (*LOADING, *CLIENT, *LINT):
            if module not in kept:
                monkeypatch.setattr(f"{module}.policy", Blind)
        if kept != LOADING:
            monkeypatch.setattr(Blind, "Gate", BlindGate)

    return leave


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """A server that counts who connects."""
    visits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    visits.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/v1", visits
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(("provider", "model_id"), FORBIDDEN)
def test_loading_the_matrix_refuses_alone(
    tmp_path: Path, alone: Any, provider: str, model_id: str
) -> None:
    alone(LOADING)
    folder = copy_ai(tmp_path)
    old = 'provider = "openai"\nmodel_id = "gpt-5-mini"\napi'
    edit(folder / MATRIX, old, f'provider = "{provider}"\nmodel_id = "{model_id}"\napi')
    with pytest.raises(PolicyViolation):
        load_settings(folder, today=TODAY)


@pytest.mark.parametrize(("provider", "model_id"), FORBIDDEN)
def test_the_client_refuses_alone_and_opens_no_connection(
    alone: Any, provider: str, model_id: str
) -> None:
    alone(CLIENT)
    row = Row("L2", "primary", provider, model_id, "chat")

    async def send(url: str) -> None:
        client = Client({})
        try:
            await client.send(row, Endpoint(url, None, local=True), Request(HELLO, 100), 2.0)
        finally:
            await client.aclose()

    with listening() as (url, visits):
        with pytest.raises(PolicyViolation):
            asyncio.run(send(url))
        assert visits == []


def test_the_client_refuses_an_address_alone(alone: Any) -> None:
    alone(CLIENT)
    row = Row("L2", "primary", "openai", "gpt-5-mini", "chat")
    with listening() as (url, visits):

        async def send() -> None:
            endpoint = Endpoint(f"{url}/{VENDOR}", None, local=True)
            await Client({}).send(row, endpoint, Request(HELLO, 100), 2.0)

        with pytest.raises(PolicyViolation, match=r"denylist\.url"):
            asyncio.run(send())
        assert visits == []


@pytest.mark.parametrize(("provider", "model_id"), FORBIDDEN)
def test_config_lint_refuses_alone(
    tmp_path: Path,
    alone: Any,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    model_id: str,
) -> None:
    from click.testing import CliRunner

    alone(LINT)
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    folder = copy_ai(tmp_path)
    (folder / "prompts").mkdir()
    # A file that no room has a model for could not be read otherwise.
    text = f'version = "x/1"\nlayer = "L2"\nprovider = "{provider}"\nmodel_id = "{model_id}"\n'
    (folder / "prompts" / "odd.toml").write_text(text, "utf-8")
    result = CliRunner().invoke(config_lint, [])
    assert result.exit_code != 0
    assert "refused by the model policy" in result.output


@pytest.mark.parametrize(("provider", "model_id"), FORBIDDEN[:3])
def test_a_router_whose_settings_were_forged_sends_nothing(
    tmp_path: Path, provider: str, model_id: str
) -> None:
    """Whoever makes a row by hand still meets the gate, and the refusal is on record."""
    from dataclasses import replace

    with bench(tmp_path) as at:
        matrix = at.router.settings.matrix
        rows = tuple(
            replace(row, provider=provider, model_id=model_id) if row.key == "L2.primary" else row
            for row in matrix.rows
        )
        object.__setattr__(at.router.settings, "matrix", replace(matrix, rows=rows))
        with pytest.raises(PolicyViolation):
            at.call()
        assert at.standin.seen == []
        (line,) = at.lines("intent", "outcome", "refused")
    assert (line["event"], line["outcome"]) == ("llm_refused", "denied")
