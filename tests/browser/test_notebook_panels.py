"""Help in the editor and the panels beside the cells, over a real kernel."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document
from tests.browser.notebooks import NotebookPage
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_hostile import XSS, ran

HELPFUL = f"""class Trains:
    {XSS!r}
    def late(self, minutes, *, of=None):
        {XSS!r}
        return minutes
trains = Trains()
delays = pl.DataFrame({{"carrier": ["AA"], "delay": [44]}})
"""
OWN = 'flowfile.publish_artifact("own", {"a": 1})\nflowfile.publish_artifact("other", [1, 2])'
UPSTREAM = 'import polars as pl\nflowfile.publish_artifact("scaler", [1.0])\n'


def panel(page: Page, name: str) -> Locator:
    """A panel, opened by its button or its tab."""
    aside = page.get_by_role("complementary", name="Inspector")
    aside.get_by_role("tab", name=name).or_(aside.get_by_role("button", name=re.compile(f"^{name}"))).click()
    return aside.get_by_role("tabpanel", name=name)


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def test_what_a_name_may_become_is_offered_while_it_is_written(cells: CellsPage) -> None:
    page = cells.page
    cells.run(HELPFUL)
    cells.expect_state(0, "succeeded")
    made = cells.write("")
    page.keyboard.type("trai")
    expect(options(page).first).to_have_text(re.compile("^trainsvariable"))
    expect(page.locator(".cm-completionInfo")).to_contain_text("trains: Trains")
    page.wait_for_timeout(100)  # so long a list takes no keys, since nobody saw it yet
    page.keyboard.press("Tab")
    expect(made.locator(".cm-content")).to_have_text("trains")
    page.keyboard.type(".")
    expect(options(page)).to_have_text(["latefunction"])
    expect(page.locator(".cm-completionInfo")).to_contain_text("late(minutes, *, of=None)")
    expect(page.locator(".cm-completionInfo")).to_contain_text("<script>")
    page.keyboard.press("Escape")
    page.keyboard.type("late(")
    card = page.locator(".help-card")
    expect(card.locator("strong")).to_have_text("minutes")
    page.keyboard.type("5, of=")
    expect(card.locator("strong")).to_have_text("of=None")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    made.get_by_text("trains").first.hover()
    expect(card).to_contain_text("trains: Trains")
    assert not ran(page)


def test_enter_ends_a_line_whose_name_is_complete(cells: CellsPage) -> None:
    page = cells.page
    cells.run("word = 1\nwordier = 2")
    cells.expect_state(0, "succeeded")
    made = cells.write("")
    page.keyboard.type("word")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    expect(options(page)).to_have_count(2)
    page.wait_for_timeout(100)  # so long a list takes no keys, since nobody saw it yet
    page.keyboard.press("Enter")
    expect(made.locator(".cm-line")).to_have_count(2)
    page.keyboard.type("wordi")
    expect(options(page)).to_have_count(1)
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    expect(made.locator(".cm-line").last).to_have_text("wordier")


def test_help_goes_on_while_a_cell_runs_and_from_what_was_known_when_nothing_answers(
    cells: CellsPage,
) -> None:
    page = cells.page
    cells.run("sleepless = 1\nimport time")
    cells.expect_state(0, "succeeded")
    cells.run("time.sleep(60)")
    cells.expect_state(1, "running")
    cells.write("")
    page.keyboard.type("sleep")
    expect(options(page).first).to_contain_text("sleepless")
    page.keyboard.press("Escape")
    page.route("**/complete", lambda route: route.fulfill(status=503, json={}))
    cells.write("")
    page.keyboard.type("sleepl")
    expect(options(page).first).to_contain_text("sleepless")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop", exact=True).click()
    cells.expect_state(1, "cancelled")


def test_variables_follow_each_cell_and_a_restart_clears_them(cells: CellsPage) -> None:
    page = cells.page
    cells.run(
        f"text = {XSS!r}\nbig = list(range(1_000_000))\nfor n in range(300): globals()[f'v{{n:03}}'] = n"
    )
    cells.expect_state(0, "succeeded")
    variables = panel(page, "Variables")
    expect(page).to_have_url(re.compile("panel=variables"))
    rows = variables.get_by_role("list", name="Variables").get_by_role("listitem")
    expect(rows.first).to_contain_text("biglist")
    expect(rows.first).to_contain_text("list of 1000000: 0, 1, 2")
    expect(rows).to_have_count(200)
    variables.get_by_role("button", name="Show 103 more").click()
    expect(rows).to_have_count(303)
    variables.get_by_role("searchbox").fill("text")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("<script>")
    cells.run("text = 'short'\ntext_too = 5.5")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("'short'")
    variables.get_by_role("button", name="text_too").click()
    expect(cells.cell(2).locator(".cm-content")).to_have_text("text_too")
    page.get_by_role("button", name="Restart namespace").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    expect(variables).to_contain_text("No variables yet.")
    assert not ran(page)


@pytest.fixture(scope="module")
def node(api: httpx.Client) -> str:
    """The address of a node's cells, whose upstream has run."""
    runs = Runs(api)
    publishes = f"{UPSTREAM}flowfile.publish_output(flowfile.read_input('load'))"
    flow = runs.flow(document("panels", features=publishes, train="1"))
    runs.run(flow)
    return f"/flows/{flow}/nodes/train"


def test_a_nodes_inputs_are_told_with_their_columns_and_the_code_that_reads_them(
    page: Page, node: str
) -> None:
    cells = NotebookPage(page, node)
    cells.open()
    inputs = panel(page, "Inputs").get_by_role("list", name="Inputs").get_by_role("listitem")
    expect(inputs).to_have_count(1)
    expect(inputs).to_contain_text("From Features")
    expect(inputs).to_contain_text("3 rows × 2 columns")
    expect(inputs).to_contain_text("carrier String")
    inputs.get_by_role("button", name="Insert the code that reads features").click()
    last = cells.all.last.locator(".cm-content")
    expect(last).to_have_text('features = flowfile.read_input("features")')
    inputs.get_by_role("button", name="First rows of features").click()
    expect(page.get_by_role("dialog", name="features").get_by_text("B6")).to_be_visible()
    page.keyboard.press("Escape")


def test_artifacts_of_upstream_of_these_cells_and_of_the_catalog_are_there_to_insert(
    page: Page, api: httpx.Client, node: str
) -> None:
    cells = NotebookPage(page, node)
    cells.open()
    artifacts = panel(page, "Artifacts")
    here = artifacts.get_by_role("region", name="Published here")
    expect(here).to_contain_text("Nothing yet.")
    cells.run(OWN)
    expect(here.get_by_role("listitem")).to_have_count(2)
    upstream = artifacts.get_by_role("region", name="Available from upstream")
    expect(upstream.get_by_role("listitem")).to_contain_text("by Features")
    upstream.get_by_role("button", name="Insert the code that reads scaler").click()
    expect(cells.all.last.locator(".cm-content")).to_have_text('scaler = flowfile.read_artifact("scaler")')
    catalog = artifacts.get_by_role("region", name="Catalog")
    catalog.get_by_role("searchbox").fill("no such name")
    expect(catalog).to_contain_text("No name is like this.")
    expect(here.get_by_role("link", name="own", exact=True)).to_have_attribute(
        "href", re.compile("/artifacts/")
    )
    page.get_by_role("button", name="Back to the flow").click()
    beside = page.get_by_role("region", name="Artifacts")
    for part, shown in (("Available from upstream", "by Features"), ("Published here", "own")):
        expect(beside.get_by_role("region", name=part)).to_contain_text(shown)
    page.get_by_role("button", name="Change this node").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Trained")
    page.get_by_role("button", name="Save and expand editor").click()
    expect(page.get_by_role("heading", level=1, name="Trained")).to_be_visible()


def test_a_kernel_that_a_node_cannot_run_on_is_told_where_it_is_chosen(
    page: Page, api: httpx.Client, node: str
) -> None:
    api.post("/kernels", json={"id": "idle", "name": "Idle"}).raise_for_status()
    page.goto(node.replace("/nodes/", "?edit=true&node="))
    chosen = page.get_by_role("complementary", name="Node").get_by_label("Kernel", exact=True)
    expect(chosen.locator("option").first).to_have_text(re.compile(r"the flow's default: Flights of 2013"))
    chosen.select_option("idle")
    expect(page.get_by_text("Kernel required: it is stopped.")).to_be_visible()


def test_cells_of_no_flow_are_told_what_they_can_read(cells: CellsPage) -> None:
    inputs = panel(cells.page, "Inputs")
    expect(inputs).to_contain_text("These cells belong to none")
    inputs.get_by_role("button", name="Insert the code that reads a shared file").click()
    expect(cells.all.last.locator(".cm-content")).to_contain_text("flowfile.get_shared_location")


@pytest.mark.parametrize("theme", THEMES)
def test_help_and_panels_have_no_fault(new_context: NewContext, theme: Theme, node: str) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    cells = NotebookPage(page, node)
    cells.open()
    cells.run("trains, delays = 1, pl.DataFrame({'a': [1]})")
    for name, shown in (
        ("Variables", "delays"),
        ("Inputs", "From Features"),
        ("Artifacts", "scaler"),
        ("Reference", "read_input"),
    ):
        expect(panel(page, name).get_by_text(shown).first).to_be_visible()
        page.wait_for_function(STILL)
        assert faults(page) == [], name
    cells.write("")
    page.keyboard.type("pl.DataFrame(dela")
    expect(options(page).first).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []
