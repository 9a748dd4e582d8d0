"""Debian's Chromium, driven by Playwright, and what a page must never do whatever it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, Response

from tests.requirements import require

# The shell has no window, tabs or settings pages of its own to draw: a test costs two thirds of it.
BINARIES = tuple(map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")))
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # As in the browser with a window: a frame without our origin has a process of its own.
    "--site-per-process",
]
SIZE = {"width": 1280, "height": 860}
# The browser itself writes a refused request to the console; the tests that cause one look at it.
REFUSED = "Failed to load resource"
WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    found = next((binary for binary in BINARIES if binary.exists()), None)
    if found is None:
        require("chromium", "apt-get install chromium-headless-shell")
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


class Watch:
    """Collects errors of scripts and breaches of the content security policy, on every page of a context."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self._pages: list[Page] = []
        context.add_init_script(WATCH)
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        self._pages.append(page)
        _goes_again(page)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        # What a cell's HTML is refused is said in the name of its frame.
        in_frame = "/displays/" in f"{message.location.get('url')} {message.text}"
        if message.type == "error" and not in_frame and not message.text.startswith(REFUSED):
            self.errors.append(message.text)

    def breaches(self) -> list[str]:
        """What the policy had to stop on the pages that are still open."""
        open_pages = [page for page in self._pages if not page.is_closed()]
        for page in open_pages:
            page.wait_for_function("true")  # within its time; asking a page that hangs has none
        return [told for page in open_pages for told in page.evaluate("window.__violations ?? []")]


def _goes_again(page: Page) -> None:
    """A network that containers make or remove on this machine ends what Chromium loads at that moment."""
    go = page.goto

    def goto(url: str, **options: Any) -> Response | None:
        try:
            return go(url, **options)
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise
            return go(url, **options)

    page.goto = goto  # type: ignore[method-assign]
