"""How Husk itself does, search over everything, and the first run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest
import redis
from playwright.sync_api import Page, expect

from broker_config import keys
from broker_config.settings import ENV_FILE
from tasks.figures import letters
from tests.browser.conftest import NewContext
from tests.browser.people import People
from tests.browser.test_hostile import XSS, ran
from tests.integration.stack.stack_fixture import Stack

ROLES = ("beat", "desk", "flows", "lifecycle", "recorder")
CHARTS = ("Executions a minute", "Memory of kernels", "Time in the queue", "Time of running")


@pytest.fixture
def broker(stack: Stack) -> Iterator[redis.Redis]:
    """The stack's Redis."""
    told = (stack.data_dir / ENV_FILE).read_text()
    found = re.search(r"^HUSK_REDIS_URL=['\"]?([^'\"\n]+)", told, re.MULTILINE)
    assert found is not None
    with redis.Redis.from_url(found[1], decode_responses=True) as client:
        yield client


def shortcut(page: Page, words: str) -> None:
    """Search for these words."""
    # Keys that come before the page is there are nobody's.
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill(words)


def test_an_admin_sees_queues_workers_and_charts_and_they_move_by_themselves(
    page: Page, api: httpx.Client
) -> None:
    api.post("/kernels/flights/executions", json={"code": "1"}).raise_for_status()
    page.goto("/kernels")
    page.get_by_role("link", name="System").click()
    expect(page.get_by_role("heading", name="How Husk does")).to_be_visible()
    for title in CHARTS:
        expect(page.locator("figure", has_text=title)).to_be_visible()
    chart = page.locator("figure", has_text=CHARTS[0])
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("[1-9][0-9]* in all"))
    expect(chart.locator("canvas")).to_be_visible()
    workers = page.get_by_role("region", name="Workers")
    for role in ROLES:
        expect(workers.get_by_role("row", name=re.compile(f"^{role} "))).to_contain_text("alive")
    queues = page.get_by_role("region", name="Queues")
    for name in ("lifecycle", "flows", "housekeeping"):
        expect(queues.get_by_role("row", name=re.compile(f"^{name} "))).to_contain_text("tick")
    chart.get_by_text("Numbers").click()
    expect(chart.get_by_role("columnheader", name="Succeeded")).to_be_visible()
    cells = [{"code": "import time; time.sleep(60)"}, {"code": "2"}, {"code": "3"}]
    ids = [one["id"] for one in _batch(api, cells)]
    expect(queues.get_by_role("row", name=re.compile("cells of Flights of 2013"))).to_contain_text("2")
    for one in reversed(ids):
        api.post(f"/executions/{one}/cancel", json={}).raise_for_status()
    expect(queues.get_by_text("cells of")).to_have_count(0)


def _batch(api: httpx.Client, cells: list[dict[str, str]]) -> list[dict[str, str]]:
    answer = api.post("/kernels/flights/batches", json={"cells": cells}).raise_for_status()
    return list(answer.json()["executions"])


def test_names_of_workers_and_kernels_are_text(page: Page, api: httpx.Client, broker: redis.Redis) -> None:
    gone = {"role": XSS, "host": XSS, "pid": 7, "started_at": time.time() - 900, "at": time.time() - 60}
    broker.hset(keys.PROCESSES, "hostile", json.dumps(gone))
    api.patch("/kernels/flights", json={"name": XSS[:200]}).raise_for_status()
    try:
        page.goto("/system")
        row = page.get_by_role("region", name="Workers").get_by_role("row", name=re.compile("img src=x"))
        expect(row).to_contain_text("silent")
        expect(page.get_by_role("region", name="Kernels that are up").get_by_text(XSS[:60])).to_be_visible()
        shortcut(page, "img src=x")
        expect(page.get_by_role("option").first).to_contain_text("<img src=x")
        assert not ran(page)
    finally:
        broker.hdel(keys.PROCESSES, "hostile")
        api.patch("/kernels/flights", json={"name": "Flights of 2013"}).raise_for_status()


def test_dead_letters_are_read_and_discarded(page: Page, broker: redis.Redis) -> None:
    for number in range(2):
        broker.lpush(keys.DEAD_LETTERS, letters.written(f"kernel.K{number}", XSS.encode()))
    page.goto("/system")
    page.get_by_role("link", name="Look at them").click()
    page.wait_for_url("**/system/dead-letters")
    rows = page.locator(".letter")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("no execution's id is in it")
    rows.first.get_by_role("button", name="Discard").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("kernel.K0")
    page.get_by_role("button", name="Discard all").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard all").click()
    expect(page.get_by_text("every message could be read")).to_be_visible()
    assert not ran(page)


def test_search_finds_things_of_every_kind_by_name_and_id(page: Page, api: httpx.Client) -> None:
    flow = next(one for one in api.get("/flows").json()["items"] if one["name"] == "late flights")
    run = api.get("/runs", params={"flow": flow["id"]}).json()["items"][0]["id"]
    cell = api.get("/executions").json()["items"][0]["id"]
    uid = api.get("/kernels/flights").json()["uid"]
    page.goto("/account")
    for words, there in (
        (uid, "Flights of 2013"),
        (flow["id"], "late flights"),
        (run, "Run of late flights"),
        (cell, f"Execution {cell}"),
        ("airlines.parquet", "flights/airlines.parquet"),
        ("every hour", "every hour"),
        ("late_flights", "late_flights"),
        ("audit", "Audit: who changed what"),
    ):
        shortcut(page, words)
        expect(page.get_by_role("option").filter(has_text=there).first).to_be_visible()
        page.keyboard.press("Escape")
    shortcut(page, run)
    expect(page.get_by_role("option").first).to_contain_text(run)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{run}*")


def test_search_does_what_can_be_done_and_says_where_it_failed(page: Page, api: httpx.Client) -> None:
    before = len(api.get("/kernels").json()["items"])
    page.goto("/files")
    shortcut(page, "new kernel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="New kernel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/kernels$"))
    assert len(api.get("/kernels").json()["items"]) == before
    shortcut(page, "log of flights")
    page.get_by_role("option", name=re.compile("^Log of Flights of 2013")).click()
    expect(page.get_by_role("dialog", name="Log of Flights of 2013")).to_be_visible()
    page.keyboard.press("Escape")
    shortcut(page, "dark theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    schedule = next(one for one in api.get("/schedules").json()["items"] if one["name"] == "every hour")
    page.route(f"**/schedules/{schedule['id']}", lambda route: route.abort())
    shortcut(page, "go on with every hour")
    page.get_by_role("option").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Go on with every hour")
    page.get_by_role("button", name="Put away").click()
    page.unroute_all()
    for words, paused in (("go on with every hour", False), ("pause every hour", True)):
        shortcut(page, words)
        page.get_by_role("option").first.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        _until_paused(page, api, schedule["id"], paused)


def _until_paused(page: Page, api: httpx.Client, schedule: str, paused: bool) -> None:
    for _ in range(50):
        if api.get(f"/schedules/{schedule}").json()["paused"] is paused:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the schedule is not {'paused' if paused else 'on'}")


def test_who_has_nothing_makes_and_runs_the_example_by_one_press(
    stack: Stack, api: httpx.Client, new_context: NewContext
) -> None:
    people = People(stack, api, new_context)
    page = people.browser_of("first", "editor").new_page()
    page.goto("/kernels")
    page.get_by_role("button", name="Make and run the example").click()
    page.wait_for_url(re.compile("/runs/[A-Za-z0-9]{12}"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("late flights")
    # That something runs is seen for a moment only; its end stays.
    expect(page.get_by_role("main")).to_contain_text("8 nodes succeeded", timeout=60_000)
    headers = {"Authorization": f"Bearer {people.token_of('first')}"}
    with httpx.Client(base_url=api.base_url, headers=headers, timeout=30, trust_env=False) as theirs:
        kernels = theirs.get("/kernels").json()["items"]
        assert {one["id"] for one in kernels} == {"flights", "models"}
        for kernel in kernels:
            theirs.delete(f"/kernels/{kernel['uid']}").raise_for_status()
