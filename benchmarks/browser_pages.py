"""``python -m benchmarks.browser_pages [--cells N] [--seconds S]``: the pages in Chromium, as a table.

A stack of its own. Round trip and page take turns, so that a busy moment of the machine meets both.
"""

from __future__ import annotations

import argparse
import threading
import time
from typing import Any

import redis
from playwright.sync_api import Browser, sync_playwright

from benchmarks.browser_notebook import grid, opening, page_scripts
from benchmarks.browser_scripts import ROUND_TRIP
from benchmarks.browser_subject import KB, MB, Pages, Row, heap, longest_task, scripts
from benchmarks.numbers import percentile
from benchmarks.subject import Stack, Subject
from broker_config import keys
from broker_config.wire.codec import encode
from broker_config.wire.events import FIELD, Pulse
from tests.browser.chromium import launched

KERNELS = 50
LINES = 100_000
ROUNDS = 5
CODE = "import time; time.perf_counter_ns()"
LIMIT = 2_000_000_000


def first_load(pages: Pages) -> list[Row]:
    """Cold cache to interactive, and the script that it took."""
    times, sizes = [], 0.0
    for _ in range(ROUNDS):
        context = pages.context()
        page = context.new_page()
        page.goto("/kernels")
        page.wait_for_function("() => window.bench.shown !== null")
        times.append(float(page.evaluate("window.bench.shown")))
        sizes = scripts(page)
        context.close()
    return [
        Row("kernels page, cold cache, to interactive, p50", f"{percentile(times, 0.5):.0f} ms", "≤ 1.0 s"),
        Row("its script, compressed", f"{sizes / KB:.0f} KB", "≤ 350 KB"),
    ]


def cells(pages: Pages, subject: Subject, count: int) -> list[Row]:
    """Shift+Enter until painted, beside the round trip that the same browser makes without the page."""
    context = pages.context()
    bare, page = context.new_page(), context.new_page()
    bare.goto("/login")
    csrf = bare.evaluate("fetch('/api/v1/me').then((answer) => answer.json()).then((me) => me.csrf)")
    page.goto(f"/kernels/{subject.kernel['uid']}?flow=-")
    page.get_by_role("button", name="Add a cell").click()
    size = scripts(page)
    page.keyboard.insert_text(CODE)
    trips: list[float] = []
    for part in range(count // 10):
        code = ROUND_TRIP.replace("CODE", repr(CODE))
        bare.bring_to_front()
        trips += bare.evaluate(code, [subject.kernel["uid"], csrf, 10])
        # What the other page ran is not of this cell.
        page.bring_to_front()
        for number in range(10):
            page.keyboard.press("Shift+Enter")
            page.evaluate("(count) => window.bench.until(count)", part * 10 + number + 1)
            page.wait_for_timeout(30)
    changed, painted = zip(*page.evaluate("window.bench.painted"), strict=True)
    context.close()
    trip = percentile(trips, 0.5)
    return [
        Row("a cell's round trip in the browser, p50", f"{trip:.1f} ms"),
        Row("Shift+Enter until the page holds the result, p50", f"{percentile(changed, 0.5):.1f} ms"),
        Row(
            "Shift+Enter until it is painted, p50", f"{percentile(painted, 0.5):.1f} ms", "round trip + 20 ms"
        ),
        Row("the same, p95", f"{percentile(painted, 0.95):.1f} ms"),
        Row("a kernel's page, its script, compressed", f"{size / KB:.0f} KB", "≤ 700 KB"),
    ]


def flood(pages: Pages, subject: Subject) -> list[Row]:
    """A cell that prints very much."""
    context = pages.context()
    page = context.new_page()
    page.goto(f"/kernels/{subject.kernel['uid']}?flow=flood")
    page.get_by_role("button", name="Add a cell").click()
    page.keyboard.insert_text(f"for n in range({LINES}): print('line', n)")
    tools = context.new_cdp_session(page)
    before = heap(tools)
    longest_task(page)
    page.keyboard.press("Shift+Enter")
    page.get_by_text(f"line {LINES - 1}").wait_for()
    longest = longest_task(page)
    grown = heap(tools) - before
    context.close()
    return [
        Row(f"{LINES:,} printed lines, longest task", f"{longest:.0f} ms", "≤ 200 ms"),
        Row("the page's memory grows by", f"{grown / MB:.1f} MB", "bounded"),
    ]


def many_kernels(pages: Pages, stack: Stack, browser: Browser, seconds: float) -> list[Row]:
    """Memory of fifty kernels once a second: they are there in the ledger, and their pulses are made here."""
    api = stack.api()
    names = [f"many-{number}" for number in range(KERNELS)]
    uids = [str(api.call("POST", "/kernels", {"id": name})["uid"]) for name in names]
    context = pages.context()
    page = context.new_page()
    page.route("**/api/v1/kernels?*", _all_ready)
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(_redis_url(stack), uids, over))
    beating.start()
    try:
        page.goto("/kernels")
        page.locator("article.card").nth(KERNELS - 1).wait_for(state="attached")
        # Each card is shown once: then all of them are followed.
        for _ in range(40):
            page.mouse.wheel(0, 400)
            page.wait_for_timeout(50)
        # What is out of sight is not drawn; the last one is in sight now.
        page.locator("article.card").nth(KERNELS - 1).locator(".memory .bar").wait_for(state="attached")
        page.mouse.wheel(0, -20_000)
        page.wait_for_timeout(2_000)
        used = _cpu_of_page(browser)
        page.wait_for_timeout(seconds * 1000)
        used = _cpu_of_page(browser) - used
    finally:
        over.set()
        beating.join(10)
        context.close()
    for name in names:
        api.call("DELETE", f"/kernels/{name}")
    return [Row(f"{KERNELS} kernels at 1 Hz, the page's process", f"{used / seconds:.1%} of a core", "≤ 5 %")]


def _all_ready(route: Any) -> None:
    answer = route.fetch()
    body = answer.json()
    body["items"] = [{**one, "state": "ready"} for one in body["items"]]
    route.fulfill(response=answer, json=body)


def _redis_url(stack: Stack) -> str:
    """The control plane's Redis, password included."""
    for line in (stack.data_dir / "stack.env").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "HUSK_REDIS_URL":
            return value.strip("'\"")
    raise RuntimeError("the stack has no Redis address")


def _beat(url: str, uids: list[str], over: threading.Event) -> None:
    client = redis.Redis.from_url(url, socket_timeout=10)
    used = 0
    while not over.wait(1 / len(uids)):
        used += 1
        uid = uids[used % len(uids)]
        pulse = Pulse("bench", time.time(), 400_000_000 + used % 97 * 10_000_000, LIMIT)
        client.xadd(keys.pulse(uid), {FIELD: encode(pulse)}, maxlen=5)
    client.close()


def _cpu_of_page(browser: Browser) -> float:
    """Seconds of CPU of the processes that pages live in."""
    tools = browser.new_browser_cdp_session()
    found = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    tools.detach()
    return sum(float(one["cpuTime"]) for one in found if one["type"] == "renderer")


def main() -> None:
    """Measure all, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    stack = Stack()
    try:
        with sync_playwright() as playwright, launched(playwright) as browser:
            subject = Subject(stack, "bench")
            pages = Pages(stack, browser)
            rows = first_load(pages)
            rows += cells(pages, subject, asked.cells)
            rows += flood(pages, subject)
            rows += grid(pages, subject)
            rows += opening(pages, subject)
            rows += page_scripts(pages, subject)
            rows += many_kernels(pages, stack, browser, asked.seconds)
    finally:
        stack.close()
    print("| figure | seen | asked |\n|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.seen} | {row.asked} |")


if __name__ == "__main__":
    main()
