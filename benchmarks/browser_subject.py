"""What the benchmarks of pages share: a logged-in browser, a row of the table, and what a page weighs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from benchmarks.browser_scripts import WATCH
from benchmarks.subject import Stack
from tests.browser.chromium import SIZE

KB, MB = 1e3, 1e6


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is, what was seen, what was asked."""

    name: str
    seen: str
    asked: str = ""


class Pages:
    """A logged-in browser before a stack."""

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self._browser = browser
        self._stack = stack
        self._state = self._log_in()

    def _log_in(self) -> Any:
        api = self._stack.api()
        me = api.call("GET", "/me")["user"]["id"]
        link = api.call("POST", f"/users/{me}/link")["link"]
        context = self._browser.new_context(base_url=self._stack.url)
        page = context.new_page()
        page.goto(f"/login#link={link}")
        page.wait_for_url("**/kernels")
        state = context.storage_state()
        context.close()
        return {**state, "origins": []}

    def context(self) -> BrowserContext:
        """A browser with an empty cache."""
        made = self._browser.new_context(
            base_url=self._stack.url, storage_state=self._state, viewport=dict(SIZE)
        )
        made.add_init_script(WATCH)
        return made


def scripts(page: Page) -> float:
    """Bytes of script that came over the line."""
    found: float = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => /\\.js$/.test(new URL(one.name).pathname))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    return found


def heap(tools: CDPSession) -> float:
    """Bytes in use after everything that can go has gone."""
    tools.send("HeapProfiler.enable")
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"])


def longest_task(page: Page) -> float:
    """Milliseconds of the longest task since the last time this was asked."""
    return float(page.evaluate("Math.max(0, ...window.bench.long.splice(0))"))


TRACED = ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline"]


@dataclass(frozen=True, slots=True)
class Task:
    """The longest task of a page's main thread: milliseconds by the clock, and of the processor.

    Where others work on the machine a task is as long as they let it be; what it costs is the second.
    """

    wall: float
    used: float


@contextmanager
def traced(page: Page, seen: list[Task]) -> Iterator[None]:
    """Put the longest task of the page during the block into ``seen``."""
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=TRACED)
    try:
        yield
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    seen.append(_longest(events))


def _longest(events: list[dict[str, Any]]) -> Task:
    """Of the tasks of pages' main threads; times in a trace are microseconds."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        (float(event.get("dur", 0)) / 1000, float(event.get("tdur", 0)) / 1000)
        for event in events
        if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in mains
    ]
    walls, used = zip(*tasks, strict=True) if tasks else ((0.0,), (0.0,))
    return Task(max(walls), max(used))
