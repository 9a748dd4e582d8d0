"""The page of logs: lines of all that ran, narrowed by the address, and as they come."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flows import Flow
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.integration.stack.stack_fixture import Stack

LINES = """
import logging
flowfile.log_info("loaded 50 rows of lognote")
flowfile.log_warning("no data for May <img src=x onerror=document.title='taken'> lognote")
logging.getLogger("their.own").error("lognote from logging")
flowfile.publish_output(pl.DataFrame({"n": [1]}))
"""


@pytest.fixture(scope="module")
def flow(api: httpx.Client) -> Flow:
    """A flow that logged."""
    made = Flow(api)
    made.run("load", LINES)
    made.run(
        "train", "flowfile.log_info('of train, lognote')\nflowfile.publish_output(pl.DataFrame({'n': [1]}))"
    )
    return made


def test_lines_are_narrowed_by_the_address(page: Page, flow: Flow) -> None:
    page.goto("/runs")
    page.get_by_role("navigation", name="Runs and logs").get_by_role("link", name="Logs").click()
    expect(page).to_have_url("/logs")
    expect(page.get_by_label("Least level")).to_be_visible()  # the page before has a "Flow", too
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    page.get_by_label("Flow", exact=True).select_option(flow.id)
    expect(lines).to_have_count(4)
    expect(lines.first).to_contain_text("of train, lognote")
    page.get_by_role("searchbox").fill("LOGNOTE")
    page.get_by_label("Least level").select_option("WARNING")
    address = rf"/logs\?(?=.*flow={flow.id})(?=.*level=WARNING)(?=.*q=LOGNOTE)"
    expect(page).to_have_url(re.compile(address))
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("lognote from logging")
    expect(lines.last).to_contain_text("no data for May <img src=x onerror=document.title='taken'> lognote")
    page.reload()
    expect(lines).to_have_count(2)
    page.get_by_label("Least level").select_option("")
    lines.first.get_by_role("button", name="train").click()
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="Not only node train").click()
    expect(lines).to_have_count(4)
    page.get_by_label("Time").select_option("1h")
    expect(lines).to_have_count(4)
    page.get_by_label("Time").select_option("between")
    page.get_by_label("Until").fill("2001-01-01T00:00")
    expect(page.get_by_text("No line is like this.")).to_be_visible()
    page.get_by_role("button", name="Show all lines").click()
    expect(page).to_have_url("/logs")
    expect(page).to_have_title("Logs · Husk")


def test_lines_come_while_a_cell_runs_and_stay_when_it_has_ended(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    page.goto("/logs?q=comes+live")
    expect(page.get_by_text("No line is like this.")).to_be_visible()
    # More than once: what is logged before the stream follows the kernel comes with the cell's end.
    code = "import time\nfor _ in range(300):\n    flowfile.log_info('it comes live')\n    time.sleep(0.2)"
    cell = api.post("/kernels/flights/executions", json={"code": code, "flow_id": flow.id})
    cell.raise_for_status()
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    live = lines.get_by_text("live", exact=True)
    expect(live.first).to_be_visible()
    expect(lines.first).to_contain_text("it comes live")
    api.post(f"/executions/{cell.json()['id']}/cancel", json={}).raise_for_status()
    expect(live).to_have_count(0)
    expect(lines.first).to_contain_text("late flights")
    expect(lines.first).to_contain_text("it comes live")


def test_who_has_none_is_taught(stack: Stack, api: httpx.Client, new_context: NewContext) -> None:
    theirs = People(stack, api, new_context).browser_of("mallory", "editor").new_page()
    theirs.goto("/logs")
    expect(theirs.get_by_role("heading", name="Nothing was logged yet")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_it_has_no_fault(new_context: NewContext, theme: Theme, flow: Flow) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto(f"/logs?flow={flow.id}&since=1d")
    expect(page.get_by_role("list", name="Lines").get_by_role("listitem")).not_to_have_count(0)
    page.wait_for_function(STILL)
    assert faults(page) == []
