"""Open a page in headless Chromium with the network cut off, and look at what it asked for."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@dataclass
class OpenPage:
    """A page in the browser and what happened while it was open.

    Args:
        page: playwright's page.
        requests: every URL asked for, the page itself included.
        refused: URLs that the page's own security policy kept from being asked for.
        console_errors: errors of scripts and of the console.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    @property
    def foreign_requests(self) -> list[str]:
        """Requests for anything but files and data inside the page."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]

    def wait_until(self, condition: str, timeout_s: float = 20.0) -> None:
        """Wait until a JavaScript expression is true; pages forbid playwright's own polling."""
        deadline = time.monotonic() + timeout_s
        while not self.page.evaluate(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not true after {timeout_s} s: {condition}")
            self.page.wait_for_timeout(50)

    def note_failure(self, request: Request) -> None:
        """Keep what the page's policy refused apart from what went out to the network."""
        if request.failure == "csp":
            self.requests.remove(request.url)
            self.refused.append(request.url)

    def wait_for_figures(self, timeout_s: float = 60.0) -> None:
        """Wait until a page of `peaklib.render` has drawn all of its figures."""
        self.page.wait_for_selector("html[data-figures=drawn]", timeout=timeout_s * 1000)


def find_chromium() -> str | None:
    """Path of the first Chromium on PATH, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def open_page(
    path: Path, *, dark: bool = False, size: tuple[int, int] = (1280, 900), scripts: bool = True
) -> Iterator[OpenPage]:
    """Open a file; requests that leave the machine are recorded and refused.

    Args:
        path: HTML file.
        dark: the reader's system is dark.
        size: width and height of the window.
        scripts: False switches JavaScript off.
    """
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if dark else "light",
                java_script_enabled=scripts,
                offline=True,
            )
            opened = OpenPage(context.new_page())
            opened.page.on("request", lambda request: opened.requests.append(request.url))
            opened.page.on("requestfailed", opened.note_failure)
            opened.page.on("pageerror", lambda error: opened.console_errors.append(str(error)))
            opened.page.on(
                "console",
                lambda message: (
                    opened.console_errors.append(message.text) if message.type == "error" else None
                ),
            )
            opened.page.goto(path.resolve().as_uri())
            yield opened
        finally:
            browser.close()
