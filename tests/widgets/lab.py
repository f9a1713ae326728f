"""A real JupyterLab in folders of its own, and a page of it in headless Chromium."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import find_chromium
from playwright.sync_api import Page, sync_playwright

JUPYTER = Path(sys.executable).with_name("jupyter")
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
_START_S = 120.0
_READY = """() => {
  const app = window.jupyterapp;
  const panel = app && app.shell && app.shell.currentWidget;
  const session = panel && panel.sessionContext;
  const kernel = session && session.session && session.session.kernel;
  return Boolean(panel && panel.isRevealed !== undefined && panel.context
    && panel.context.isReady && session.isReady && kernel && kernel.status === 'idle');
}"""


@dataclass(frozen=True)
class Lab:
    """A running server.

    Args:
        url: with a slash at its end.
        token: that opens it.
    """

    url: str
    token: str

    def address(self, path: str) -> str:
        """Of a notebook, alone on the page."""
        return f"{self.url}doc/tree/{path}?token={self.token}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def jupyter_lab(project: Path, scratch: Path) -> Iterator[Lab]:
    """Serve a project; settings, workspaces and connection files stay in `scratch`."""
    lab = Lab(f"http://127.0.0.1:{_free_port()}/", secrets.token_hex(16))
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    folders = {name: str(scratch / folder) for name, folder in places.items()}
    command = [
        *(JUPYTER, "lab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        f"--ServerApp.port={lab.url.rstrip('/').rpartition(':')[2]}",
        f"--IdentityProvider.token={lab.token}",
        f"--ServerApp.root_dir={project}",
    ]
    with (scratch / "lab.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            command,
            cwd=project,
            env={**os.environ, **folders, "PEAK_HOME": str(project)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(lab, server, scratch / "lab.log")
        yield lab
    finally:
        # The kernels are in its process group, too.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=20)


def _wait_for(lab: Lab, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{lab.url}api?token={lab.token}", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"JupyterLab does not answer; its log ends: {log.read_text()[-2000:]}")


@contextmanager
def open_notebook(lab: Lab, path: str) -> Iterator[Page]:
    """A notebook whose kernel is ready; only requests to the server itself leave the browser."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 1500})
            page.set_default_timeout(60_000)
            page.route(
                lambda url: not url.startswith((lab.url, lab.url.replace("http", "ws", 1))),
                lambda route: route.abort(),
            )
            page.goto(lab.address(path))
            page.wait_for_function(_READY)
            yield page
        finally:
            browser.close()


def run_all(page: Page) -> None:
    """Start all cells; awaiting them inside of the page would block it."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
