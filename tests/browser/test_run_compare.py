"""Two runs beside each other, what came out of a run, and its logs while it runs."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document
from tests.browser.test_accessible import STILL, THEMES, Theme, faults

XSS = "<img src=x onerror=document.title='gone'>"
KERNEL = "flights"
MAKES = """rows = [{lines}]
minutes = flowfile.parameters["minutes"]
flowfile.log(f"{{minutes}} minutes")
flowfile.publish_output(pl.DataFrame({{"{column}": [minutes, 2, 3], "words": rows}}))
"""
LOGS = """import pathlib, time
for n in range(3):
    flowfile.log(f"step {n} <b>now</b>", level="WARNING" if n == 2 else "INFO")
until = time.monotonic() + 30
while time.monotonic() < until and not pathlib.Path(flowfile.get_shared_location("go.txt")).exists():
    time.sleep(0.05)
"""


def flow(name: str, column: str, **settings: object) -> dict[str, object]:
    """A node that makes a table, one that counts it, and one that is the same in all versions."""
    code = MAKES.format(lines=repr(XSS) + ", 'b', 'c'", column=column)
    nodes = [
        {
            "id": "make",
            "type": "python_script",
            "name": "Make <b>x</b>",
            "settings": {"cells": [code], **settings},
        },
        {
            "id": "count",
            "type": "sql",
            "name": "Count",
            "settings": {"query": "SELECT count(*) AS n FROM make"},
        },
        {"id": "still", "type": "python_script", "name": "Still", "settings": {"cells": ["1"]}},
    ]
    return {
        "name": name,
        "default_kernel": KERNEL,
        "parameters": {"minutes": {"type": "integer", "default": 15}},
        "nodes": nodes,
        "connections": [{"from": "make", "to": "count", "input": "make"}],
    }


@pytest.fixture(scope="module")
def runs(api: httpx.Client) -> Runs:
    return Runs(api)


@pytest.fixture(scope="module")
def pair(api: httpx.Client, runs: Runs) -> tuple[str, str]:
    """Runs of two versions of a flow, with other parameters."""
    flow_id = runs.flow(flow("compared", "delay"))
    first = runs.run(flow_id)
    answer = api.put(f"/flows/{flow_id}", json=flow("compared", XSS, timeout_s=60) | {"version": 1})
    assert answer.status_code == 200, answer.text
    return first, runs.run(flow_id, parameters={"minutes": 30})


def part(page: Page, name: str) -> Locator:
    """A region of the page."""
    return page.get_by_role("region", name=name, exact=True)


def row(page: Page, table: str, name: str) -> Locator:
    """The row of a thing that differs."""
    found = page.get_by_role("table", name=table, exact=True).get_by_role("row")
    return found.filter(has=page.get_by_role("rowheader", name=name, exact=True))


def test_another_run_is_chosen_and_only_what_differs_is_shown(page: Page, pair: tuple[str, str]) -> None:
    left, right = pair
    page.goto(f"/runs/{right}")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("link", name=f"Compare with run {left}").click()
    expect(page).to_have_url(re.compile(f"/runs/{left}/compare/{right}$"))
    expect(part(page, "Left run")).to_contain_text(left)
    expect(row(page, "Parameters", "minutes").get_by_role("cell")).to_have_text(["15", "30"])
    expect(row(page, "Run", "Version").get_by_role("cell")).to_have_text(["1", "2"])
    expect(part(page, "Node Make <b>x</b>")).to_contain_text("code, settings")
    code = part(page, "Code of Make <b>x</b>")
    expect(code.locator("del")).to_contain_text("delay")
    expect(code.locator("ins")).to_contain_text(XSS)
    expect(row(page, "Settings of Make <b>x</b>", "Time limit, s")).to_contain_text("60")
    expect(row(page, "Outputs of Make <b>x</b>", "main")).to_contain_text("− delay Int64")
    expect(part(page, "Code of Count")).to_have_count(0)
    expect(page.get_by_role("table", name="Outputs of Count")).to_have_count(0)
    expect(page).to_have_title(re.compile("Two runs of compared"))
    page.get_by_role("link", name="Swap").click()
    expect(row(page, "Parameters", "minutes").get_by_role("cell")).to_have_text(["30", "15"])


def test_rows_of_both_outputs_are_shown_as_text(page: Page, pair: tuple[str, str]) -> None:
    page.goto(f"/runs/{pair[0]}/compare/{pair[1]}")
    page.get_by_role("button", name="First rows of main in both").click()
    sheet = page.get_by_role("dialog", name="Make <b>x</b>: main")
    expect(sheet.get_by_text(XSS, exact=True).first).to_be_visible()
    expect(sheet.locator("img")).to_have_count(0)
    expect(page).to_have_title(re.compile("Two runs"))


def test_first_rows_are_there_for_a_node_that_ran_and_one_that_was_cached(
    page: Page, runs: Runs, api: httpx.Client, pair: tuple[str, str]
) -> None:
    flow_id = api.get(f"/runs/{pair[1]}").json()["flow_id"]
    again = runs.ended(runs.start(flow_id, parameters={"minutes": 30}))
    states = {node["node_id"]: node["state"] for node in again["nodes"]}
    assert states["count"] == "cached", states
    for run, node in ((pair[1], "make"), (again["id"], "count")):
        page.goto(f"/runs/{run}?node={node}")
        page.get_by_role("button", name="First rows of main").click()
        sheet = page.get_by_role("dialog")
        expect(sheet.get_by_role("grid", name="First rows of main")).to_contain_text(
            "30" if node == "make" else "3"
        )


def test_lines_come_while_their_node_runs_and_are_narrowed(page: Page, runs: Runs, api: httpx.Client) -> None:
    run = runs.start(runs.flow(document("logs", features=LOGS)))
    page.goto(f"/runs/{run}")
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    expect(lines).to_have_text([re.compile(f"step {n} <b>now</b>") for n in range(3)])
    page.get_by_label("Least level").select_option("WARNING")
    expect(lines).to_have_text([re.compile("step 2")])
    page.get_by_label("Least level").select_option("")
    expect(lines).to_have_count(3)
    api.put("/files/go.txt", content=b"go").raise_for_status()
    expect(page.locator(".run-head")).to_contain_text("Failed")
    expect(lines.filter(has_text="step")).to_have_count(3)
    expect(lines.filter(has_text="a model without data")).to_have_count(1)
    api.delete("/files/go.txt")


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_has_no_fault(new_context: NewContext, pair: tuple[str, str], theme: Theme) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto(f"/runs/{pair[0]}/compare/{pair[1]}")
    expect(part(page, "Code of Make <b>x</b>")).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []
    page.get_by_role("button", name="Another").first.click()
    expect(page.get_by_role("list", name="Runs of this flow")).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []


# The last: it removes older runs of all flows.
def test_a_run_that_is_removed_under_the_open_page_is_said_to_be_gone(
    page: Page, runs: Runs, api: httpx.Client
) -> None:
    flow_id = runs.flow(flow("gone soon", "x"))
    old, new = (runs.run(flow_id, options={"cache": False}) for _ in range(2))
    page.goto(f"/runs/{old}")
    expect(page.get_by_role("button", name="Compare")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"/runs/{old}/compare/{new}")
    expect(part(other, "Left run")).to_be_visible()
    answer = api.post("/runs/prune", json={"older_than_days": 0, "keep": 1, "dry_run": False})
    assert old in answer.json()["run_ids"]
    expect(page.get_by_role("heading", name="This run was removed")).to_be_visible()
    expect(other.get_by_role("heading", name="One of these runs is not there")).to_be_visible()
    other.close()
