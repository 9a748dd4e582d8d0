"""The pages of flows: a list, and each as a graph that is run and watched."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document, one_node
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_hostile import XSS, ran
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

SOLID = re.compile(r"\bsolid\b")


@pytest.fixture(scope="module")
def runs(api: httpx.Client) -> Runs:
    return Runs(api)


def node(page: Page, name: str) -> Locator:
    """A node on the canvas, by the beginning of what a screen reader says of it."""
    return page.locator(f'.react-flow__node[aria-label^="{name}, "]')


def test_a_flow_is_imported_run_and_watched(page: Page) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Flows").click()
    body = json.dumps(document("imported flow")).encode()
    page.get_by_label("File of a flow").set_input_files(
        {"name": "flow.json", "mimeType": "application/json", "buffer": body}
    )
    expect(page.get_by_role("heading", level=1, name="imported flow")).to_be_visible()
    expect(node(page, "Features")).to_contain_text("Flights of 2013")
    page.get_by_role("button", name="Run", exact=True).click()
    sheet = page.get_by_role("dialog", name="Run imported flow")
    minutes = sheet.get_by_label("minutes")
    expect(minutes).to_have_value("15")
    minutes.fill("many")
    expect(sheet.get_by_role("alert")).to_contain_text("A whole number")
    expect(sheet.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    minutes.fill("10")
    sheet.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_label("Run that is shown")).to_contain_text("Failed")
    expect(node(page, "Features")).to_have_attribute("aria-label", "Features, Python Script, Succeeded")
    expect(node(page, "Features")).to_contain_text("2 rows")
    expect(node(page, "Train")).to_contain_text("ValueError: no <b>luck</b>")
    expect(node(page, "Score")).to_have_attribute("aria-label", re.compile("Skipped"))
    expect(page.locator(".wire").first).to_have_class(SOLID)


def test_a_node_shows_its_code_its_kernel_and_what_it_put_out(page: Page, runs: Runs) -> None:
    flow = runs.flow(document("looked into"))
    runs.run(flow)
    page.goto(f"/flows/{flow}")
    node(page, "Features").click()
    expect(page).to_have_url(re.compile("node=features"))
    panel = page.get_by_role("complementary", name="Node Features")
    expect(panel).to_contain_text("Flights of 2013")
    expect(panel.get_by_label("Cell 2 of Features").locator(".tok-string").first).to_be_visible()
    expect(panel).to_contain_text("carrier String")
    panel.get_by_role("link", name="Its output and logs").click()
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("features made")
    page.go_back()
    page.get_by_role("button", name="Back to the flow").click()
    node(page, "Worst").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Query of Worst").locator(".tok-keyword").first).to_have_text("SELECT")
    page.reload()
    expect(page.get_by_role("heading", name="Worst")).to_be_visible()


def test_a_stopped_kernel_is_a_warning_with_a_start_button(page: Page, api: httpx.Client, runs: Runs) -> None:
    api.post(
        "/kernels", json={"id": "sleeper", "name": "Sleeper", "memory_gb": 0.5, "cpu_cores": 0.5}
    ).raise_for_status()
    flow = runs.flow(one_node("sleeps", "1 + 1", "sleeper"))
    page.goto(f"/flows/{flow}?start=true")
    sheet = page.get_by_role("dialog", name="Run sleeps")
    expect(sheet).to_contain_text("Sleeper is stopped.")
    expect(sheet.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    sheet.get_by_role("checkbox", name="Start stopped kernels").check()
    expect(sheet.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    sheet.get_by_role("checkbox", name="Start stopped kernels").uncheck()
    sheet.get_by_role("button", name="Start Sleeper").click()
    expect(sheet.get_by_text("Sleeper is stopped.")).to_have_count(0)
    sheet.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_label("Run that is shown")).to_contain_text("Succeeded", timeout=60_000)
    api.delete("/kernels/sleeper").raise_for_status()
    wait_until(lambda: api.get("/kernels/sleeper").status_code == 404, 30, "it is gone")


def test_a_run_begun_elsewhere_moves_on_the_open_page(page: Page, runs: Runs) -> None:
    flow = runs.flow(one_node("watched", "import time\ntime.sleep(60)"))
    page.goto(f"/flows/{flow}")
    expect(page.get_by_text("It never ran.")).to_be_visible()
    run = runs.start(flow)
    expect(node(page, "Only")).to_have_attribute("aria-label", re.compile("Running"))
    expect(page.get_by_role("button", name="1 running")).to_be_visible()
    page.get_by_role("button", name="Cancel run").click()
    expect(node(page, "Only")).to_have_attribute("aria-label", re.compile("Cancelled"))
    assert runs.ended(run)["state"] == "cancelled"


def test_versions_are_looked_at_and_the_newest_is_run_again(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(one_node("versioned", "1"))
    changed = {**one_node("versioned", "2"), "version": 1}
    api.put(f"/flows/{flow}", json=changed).raise_for_status()
    page.goto(f"/flows/{flow}?node=only")
    expect(page.get_by_label("Cell 1 of Only")).to_have_text("2")
    page.get_by_role("button", name="Back to the flow").click()
    page.get_by_role("link", name=re.compile("^1 .*admin")).click()
    expect(page).to_have_url(re.compile("version=1"))
    node(page, "Only").click()
    expect(page.get_by_label("Cell 1 of Only")).to_have_text("1")
    page.get_by_role("link", name="Newest version").click()
    expect(page.get_by_text("version 2", exact=True)).to_be_visible()


def test_the_palette_finds_a_flow_and_runs_it(page: Page, runs: Runs) -> None:
    flow = runs.flow(one_node("found by keys", "1"))
    page.goto("/kernels")
    expect(page.get_by_role("heading", name="Kernels")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("run found by keys")
    expect(page.get_by_role("option")).to_have_text([re.compile("Run found by keys")])
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Run found by keys")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/flows/{flow}"))


def test_a_flow_is_deleted_after_it_is_said_what_goes(page: Page, runs: Runs) -> None:
    flow = runs.flow(one_node("to be deleted", "1"))
    page.goto(f"/flows/{flow}")
    page.get_by_role("button", name="More about to be deleted").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download flow.json").click()
    assert download.value.suggested_filename == "to be deleted.json"
    assert json.loads(download.value.path().read_text())["nodes"][0]["id"] == "only"
    page.get_by_role("button", name="More about to be deleted").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete flow").click()
    expect(page.get_by_role("heading", level=1, name="Flows")).to_be_visible()
    expect(page.get_by_role("link", name="to be deleted")).to_have_count(0)
    page.goto(f"/flows/{flow}")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_file_that_holds_no_flow_is_refused_in_words(page: Page) -> None:
    page.goto("/flows")
    chosen = page.get_by_label("File of a flow")
    chosen.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"nodes"})
    expect(page.get_by_role("alert")).to_contain_text("The file x.json holds no flow")
    circle = {**document("circle"), "connections": [{"from": "load", "to": "load"}]}
    body = json.dumps(circle).encode()
    chosen.set_input_files({"name": "y.json", "mimeType": "application/json", "buffer": body})
    expect(page.get_by_role("alert")).to_contain_text("load")


def test_nobody_is_offered_what_is_not_theirs(
    stack: Stack, api: httpx.Client, new_context: NewContext, runs: Runs
) -> None:
    people = People(stack, api, new_context)
    page = people.browser_of("viola", "viewer").new_page()
    page.goto("/flows")
    expect(page.get_by_text("No flow yet")).to_be_visible()
    expect(page.get_by_role("button", name="Import a flow")).to_have_count(0)
    page.goto(f"/flows/{runs.flow(one_node('the admin alone', '1'))}")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_names_are_text(page: Page, runs: Runs) -> None:
    body = one_node(XSS[:190], f"raise ValueError({XSS!r})")
    body["nodes"][0]["name"] = XSS[:190]
    flow = runs.flow(body)
    run = runs.run(flow)
    for path in ("/flows", f"/flows/{flow}?node=only", "/runs", f"/runs/{run}?node=only&tab=graph"):
        page.goto(path)
        expect(page.get_by_role("main").get_by_text("<img src=x").filter(visible=True).first).to_be_visible()
        page.wait_for_function(STILL)
        assert not ran(page), path


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_have_no_fault(new_context: NewContext, runs: Runs, theme: Theme) -> None:
    flow = runs.flow(document(f"without fault, {theme}"))
    runs.run(flow)
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto("/flows")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert faults(page) == []
    page.goto(f"/flows/{flow}")
    expect(node(page, "Features")).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []
    node(page, "Features").click()
    expect(page.get_by_label("Cell 1 of Features")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []


def test_a_flow_is_changed_undone_and_saved(page: Page, api: httpx.Client, runs: Runs) -> None:
    flow = runs.flow(one_node("to be changed", "flowfile.publish_output(pl.DataFrame({'n': [1]}))"))
    page.goto(f"/flows/{flow}")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("button", name="Add SQL").click()
    page.get_by_label("Name", exact=True).fill("Doubled")
    page.get_by_label("Query", exact=True).fill("SELECT n * 2 AS n FROM only")
    drag(page, "Only", "Doubled")
    expect(page.get_by_role("button", name="Disconnect Only")).to_be_visible()
    expect(page.get_by_label("Connect from")).to_have_count(0)
    page.get_by_label("Name of the input from Only").fill("only")
    node(page, "Only").click()
    page.get_by_role("button", name="Delete this node").click()
    expect(node(page, "Only")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(node(page, "Only")).to_be_visible()
    expect(page.locator(".wire")).to_have_count(1)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("version 2", exact=True)).to_be_visible()
    saved = api.get(f"/flows/{flow}").json()
    assert saved["connections"] == [{"from": "only", "output": "main", "to": "query", "input": "only"}]
    assert runs.ended(runs.start(flow))["state"] == "succeeded"


def test_somebody_elses_save_is_not_lost(page: Page, api: httpx.Client, runs: Runs) -> None:
    flow = runs.flow(one_node("in two tabs", "1"))
    page.goto(f"/flows/{flow}?edit=true")
    page.get_by_label("Name", exact=True).fill("mine")
    theirs = {**one_node("theirs", "2"), "version": 1}
    api.put(f"/flows/{flow}", json=theirs).raise_for_status()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Somebody saved this flow since you began.")).to_be_visible()
    page.get_by_role("button", name="Save mine as the newest").click()
    expect(page.get_by_role("heading", level=1, name="mine")).to_be_visible()
    assert [one["name"] for one in api.get(f"/flows/{flow}/versions").json()["items"]] == [
        "mine",
        "theirs",
        "in two tabs",
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_the_editor_has_no_fault(new_context: NewContext, runs: Runs, theme: Theme) -> None:
    flow = runs.flow(document(f"edited without fault, {theme}"))
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto(f"/flows/{flow}?edit=true")
    expect(node(page, "Features")).to_be_visible()
    assert faults(page) == []
    for name in ("Features", "Worst"):
        node(page, name).click()
        expect(page.get_by_role("complementary", name=f"Node {name}")).to_be_visible()
        page.wait_for_function(STILL)
        assert faults(page) == [], name


def drag(page: Page, start: str, end: str) -> None:
    """From a node's right side to another's left."""
    page.wait_for_function(STILL)
    source = node(page, start).locator(".react-flow__handle-right")
    source.drag_to(node(page, end).locator(".react-flow__handle-left"))
