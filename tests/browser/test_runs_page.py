"""The pages of runs: a list that is narrowed, and one run with its timeline, graph, nodes and logs."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document, one_node
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_flows_page import node
from tests.integration.stack.stack_fixture import Stack

MORE_THAN_A_PAGE = 55
ONCE = """import pathlib, time
print("begun")
time.sleep(60)
"""


@pytest.fixture(scope="module")
def runs(api: httpx.Client) -> Runs:
    return Runs(api)


@pytest.fixture(scope="module")
def failed(runs: Runs) -> str:
    """A run of five nodes that failed in the middle."""
    return runs.run(runs.flow(document("late flights")))


def rows(page: Page) -> Locator:
    """Rows of the list."""
    return page.get_by_role("region", name="Runs").locator("tbody tr")


def action(page: Page, name: str) -> Locator:
    """A button of the page's head."""
    return page.get_by_role("button", name=name, exact=True)


def test_the_list_is_narrowed_by_its_address(page: Page, runs: Runs, failed: str) -> None:
    runs.run(runs.flow(one_node("works", "1")))
    page.goto("/kernels")
    page.get_by_role("link", name="Runs").click()
    expect(rows(page).first).to_contain_text("Succeeded")
    page.get_by_label("State", exact=True).select_option("failed")
    expect(page).to_have_url(re.compile(r"/runs\?state=failed"))
    expect(rows(page).first).to_contain_text("late flights")
    expect(rows(page).filter(has_text="Succeeded")).to_have_count(0)
    page.get_by_label("Flow", exact=True).select_option(label="works")
    expect(page.get_by_text("No run is like this.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("State", exact=True)).to_have_value("failed")
    page.get_by_role("button", name="Show all").click()
    expect(rows(page).filter(has_text="late flights").first).to_be_visible()


def test_the_list_is_paged(page: Page, api: httpx.Client, runs: Runs) -> None:
    flow = runs.flow({"name": "many", "default_kernel": "flights", "nodes": []})
    for _ in range(MORE_THAN_A_PAGE):
        runs.start(flow)
    page.goto(f"/runs?flow={flow}")
    expect(rows(page)).to_have_count(50)
    page.get_by_role("button", name="Older runs").click()
    expect(rows(page)).to_have_count(MORE_THAN_A_PAGE)


def test_a_run_begun_elsewhere_comes_into_the_open_list(page: Page, runs: Runs) -> None:
    flow = runs.flow(one_node("comes in", "import time\ntime.sleep(60)"))
    page.goto(f"/runs?flow={flow}")
    expect(page.get_by_text("No run is like this.")).to_be_visible()
    run = runs.start(flow)
    expect(rows(page)).to_contain_text("Running")
    page.get_by_role("link", name=f"Run {run} of comes in").click()
    action(page, "Cancel run").click()
    expect(page.locator(".run-head")).to_contain_text("Cancelled")
    page.go_back()
    expect(rows(page)).to_contain_text("Cancelled")


def test_bars_nodes_and_log_lines_lead_to_one_another(page: Page, failed: str) -> None:
    page.goto(f"/runs/{failed}")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("group", name="Kernel Flights of 2013")).to_be_visible()
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    expect(lines).to_have_count(2)
    timeline.get_by_role("button", name=re.compile("^Train, failed")).click()
    panel = page.get_by_role("complementary", name="Node Train")
    expect(panel.get_by_role("group", name="Error")).to_contain_text("ValueError: no <b>luck</b>")
    expect(panel.get_by_role("group", name="Error")).to_contain_text("Traceback")
    expect(lines).to_have_text([re.compile("a model without data")])
    page.get_by_role("button", name="Graph", exact=True).click()
    expect(node(page, "Train")).to_have_class(re.compile("selected"))
    page.get_by_role("button", name="Back to the run").click()
    lines.filter(has_text="3 flights came in").get_by_role("button", name="Features").click()
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("features made")
    page.get_by_role("button", name="Nodes", exact=True).click()
    expect(page.locator("tr.chosen")).to_contain_text("Features")
    expect(page.get_by_role("region", name="Nodes")).to_contain_text(
        "not run: 'train', which it reads, failed"
    )
    page.reload()
    expect(page.locator("tr.chosen")).to_contain_text("Features")


def test_logs_are_narrowed_by_level_and_words(page: Page, failed: str) -> None:
    page.goto(f"/runs/{failed}")
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    expect(lines).to_have_count(2)
    page.get_by_label("Least level").select_option("ERROR")
    expect(lines).to_have_text([re.compile("a model without data")])
    page.get_by_label("Least level").select_option("")
    page.get_by_role("searchbox", name="Find in the logs").fill("CAME IN")
    expect(lines).to_have_text([re.compile("3 flights came in")])
    expect(page).to_have_url(re.compile("find=CAME"))
    page.get_by_role("searchbox", name="Find in the logs").fill("nothing like this")
    expect(page.get_by_text("No line is like this.")).to_be_visible()


def test_first_rows_of_an_output_are_shown(page: Page, failed: str) -> None:
    page.goto(f"/runs/{failed}?node=worst")
    page.get_by_role("button", name="First rows of main").click()
    sheet = page.get_by_role("dialog", name="Worst: main")
    expect(sheet.get_by_role("grid", name="First rows of main")).to_contain_text("UA")


def test_a_failed_run_goes_on_where_it_failed(page: Page, runs: Runs) -> None:
    flow = runs.flow(document("goes on"))
    old = runs.run(flow)
    page.goto(f"/runs/{old}?tab=nodes")
    action(page, "Resume from failed").click()
    expect(page.get_by_text("goes on from")).to_contain_text(old)
    page.get_by_role("button", name="Nodes", exact=True).click()
    expect(page.locator(".run-head")).to_contain_text("Failed")
    expect(page.locator("tr").filter(has_text="Features")).to_contain_text("Cached")
    page.get_by_role("button", name="Features", exact=True).click()
    expect(page.get_by_role("complementary")).to_contain_text(f"its results are those of run {old}")
    action(page, "Run again").click()
    expect(page.locator(".facts-line")).to_contain_text("run again")


def test_output_streams_while_a_node_runs(page: Page, runs: Runs) -> None:
    run = runs.start(runs.flow(one_node("streams", ONCE)))
    page.goto(f"/runs/{run}?node=only")
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("begun")
    expect(page.get_by_role("button", name=re.compile("^Only, running"))).to_be_visible()
    action(page, "Cancel run").click()
    expect(page.get_by_role("complementary")).to_contain_text("Cancelled")


def test_attempts_are_told_apart(page: Page, api: httpx.Client, runs: Runs) -> None:
    body = one_node("tries again", "import random\nprint('try')\n1 / 0")
    body["nodes"][0]["settings"]["retries"] = {"max": 1, "delay_s": 0, "backoff": 1, "jitter": 0}
    run = runs.run(runs.flow(body))
    page.goto(f"/runs/{run}?node=only")
    attempts = page.get_by_role("group", name="Attempts")
    expect(attempts.get_by_role("button")).to_have_count(2)
    attempts.get_by_role("button", name="Try 1").click()
    expect(page.get_by_role("group", name="Error")).to_contain_text("ZeroDivisionError")


def test_a_run_of_somebody_else_is_not_found(
    stack: Stack, api: httpx.Client, new_context: NewContext, failed: str
) -> None:
    page = People(stack, api, new_context).browser_of("rita", "editor").new_page()
    page.goto("/runs")
    expect(page.get_by_text("Nothing has run yet")).to_be_visible()
    page.goto(f"/runs/{failed}")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_have_no_fault(new_context: NewContext, failed: str, theme: Theme) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto("/runs")
    expect(rows(page).first).to_be_visible()
    assert faults(page) == []
    page.goto(f"/runs/{failed}")
    expect(page.get_by_role("list", name="Lines")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name=re.compile("^Train, failed")).click()
    expect(page.get_by_role("group", name="Error")).to_be_visible()
    for tab in ("Graph", "Nodes"):
        page.get_by_role("button", name=tab, exact=True).click()
        page.wait_for_function(STILL)
        assert faults(page) == [], tab
