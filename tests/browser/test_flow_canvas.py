"""The canvas on which a flow is changed: dragging, joining, naming, and all that a node may be set to."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flow_runs import TABLE, Runs, one_node
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_hostile import XSS, ran
from tests.waiting import wait_until

PICTURE = "<img src=x"
FIRST_MS = 45_000
"""The canvas is a script of its own, which a browser fetches once."""


@pytest.fixture(scope="module")
def runs(api: httpx.Client) -> Runs:
    return Runs(api)


def two(name: str, **more: Any) -> dict[str, Any]:
    """A table that is read by a query."""
    query = {"query": "SELECT carrier FROM load"}
    nodes = [
        {"id": "load", "type": "input", "name": "Load", "settings": {"source": TABLE}},
        {"id": "worst", "type": "sql", "name": "Worst", "settings": query},
    ]
    wires = [{"from": "load", "to": "worst", "input": "load"}]
    return {"name": name, "default_kernel": "flights", "nodes": nodes, "connections": wires, **more}


def node(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[aria-label^="{name}, "]')


def edit(page: Page, flow: str, chosen: str | None = None) -> None:
    page.goto(f"/flows/{flow}?edit=true{f'&node={chosen}' if chosen else ''}")
    expect(page.get_by_role("toolbar", name="Add a node")).to_be_visible(timeout=FIRST_MS)
    page.wait_for_function(STILL)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()


def saved(api: httpx.Client, flow: str) -> dict[str, Any]:
    return dict(api.get(f"/flows/{flow}").raise_for_status().json())


def pulled(page: Page, name: str, right: float, down: float) -> None:
    """Drag a node by its middle."""
    box = node(page, name).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=3)
    page.mouse.move(x + right, y + down, steps=3)
    page.mouse.up()


def test_a_dragged_node_stays_where_it_was_put_and_undo_brings_it_back(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(two("moved about"))
    edit(page, flow)
    pulled(page, "Worst", 60, 120)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("status").filter(has_text="as saved")).to_be_visible()
    pulled(page, "Worst", 60, 120)
    node(page, "Load").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    save(page)
    at = {one["id"]: one["position"] for one in saved(api, flow)["nodes"]}
    assert at["worst"]["y"] - at["load"]["y"] > 80
    assert float(at["load"]["x"]).is_integer()
    page.reload()
    boxes = [node(page, name).bounding_box() for name in ("Load", "Worst")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["y"] > boxes[0]["y"] + 60
    edit(page, flow)
    page.get_by_role("button", name="Lay out by the connections").click()
    save(page)
    assert [one.get("position") for one in saved(api, flow)["nodes"]] == [None, None]


def test_a_flow_is_made_with_keys_alone(page: Page, api: httpx.Client, runs: Runs) -> None:
    page.goto("/flows")
    page.get_by_role("button", name="New flow").press("Enter")
    page.get_by_role("button", name="Add Input").press("Enter")
    page.get_by_label("From", exact=True).select_option("table")
    page.get_by_label("Type of a", exact=True).select_option("Int64")
    page.get_by_label("a, row 1").fill("many")
    expect(page.get_by_text("“many” is no Int64.").first).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_label("a, row 1").fill("7")
    page.get_by_role("button", name="Add Python Script").press("Enter")
    page.get_by_label("Connect from").select_option(label="Input")
    page.get_by_label("Name of the input from Input").fill("table")
    page.get_by_label("Code of cell 1").click()
    page.keyboard.insert_text("flowfile.publish_output(flowfile.read_input('table'))")
    page.get_by_role("button", name="Back to the flow").press("Enter")
    page.get_by_label("Name", exact=True).fill("made with keys")
    page.get_by_label("Default kernel").select_option("flights")
    page.get_by_role("button", name="Save and run").press("Enter")
    sheet = page.get_by_role("dialog", name="Run made with keys")
    sheet.get_by_role("button", name="Run", exact=True).press("Enter")
    expect(page.get_by_label("Run that is shown")).to_contain_text("Succeeded", timeout=60_000)
    flow = page.url.partition("/flows/")[2].partition("?")[0]
    assert saved(api, flow)["connections"][0]["input"] == "table"
    page.get_by_role("link", name="Edit", exact=True).click()
    node(page, "Script").press("Enter")
    latest = page.get_by_role("region", name="In the run that is shown")
    expect(latest).to_contain_text("1 rows out")
    page.get_by_role("button", name="First rows of main").click()
    expect(page.get_by_role("dialog")).to_contain_text("7")


def test_wires_are_named_and_cut_and_steps_copied_where_they_are(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(two("wired"))
    edit(page, flow)
    page.locator(".react-flow__edge").first.focus()
    page.keyboard.press("Enter")
    name = page.get_by_label("Name of the input on the wire from Load to Worst")
    name.fill("Not so")
    expect(page.get_by_text("Small letters, digits and _, a letter first.").first).to_be_visible()
    name.fill("flights")
    node(page, "Worst").click()
    expect(page.get_by_label("Name of the input from Load")).to_have_value("flights")
    page.keyboard.press("Escape")
    node(page, "Worst").click()
    page.keyboard.press("Control+d")
    expect(node(page, "Worst copy")).to_be_visible()
    expect(page.locator(".wire")).to_have_count(2)
    page.locator(".react-flow__edge").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.locator(".wire")).to_have_count(1)
    save(page)
    assert [one["to"] for one in saved(api, flow)["connections"]] == ["worst-2"]


def test_a_step_is_dropped_where_it_is_wanted(page: Page, api: httpx.Client, runs: Runs) -> None:
    flow = runs.flow(two("dropped"))
    edit(page, flow)
    page.get_by_role("button", name="Add Output").drag_to(
        page.locator(".react-flow__pane"), target_position={"x": 500, "y": 420}
    )
    expect(node(page, "Output")).to_be_visible()
    page.get_by_label("Connect from").select_option(label="Worst")
    page.get_by_label("Path", exact=True).fill("../out.csv")
    expect(page.get_by_text("A path has no empty part, . or .. in it.").first).to_be_visible()
    page.get_by_label("Path", exact=True).fill("canvas/out.csv")
    expect(page.get_by_label("Format")).to_have_value("csv")
    save(page)
    output = saved(api, flow)["nodes"][2]
    assert output["settings"]["target"] == {"kind": "file", "path": "canvas/out.csv", "format": "csv"}
    assert output["position"]["y"] > saved(api, flow)["nodes"][0]["position"]["y"] + 60


def test_all_settings_are_typed_and_wrong_ones_are_told_at_their_field(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(two("settings"))
    edit(page, flow, "worst")
    page.get_by_text("Outputs, time and retries").click()
    page.get_by_label("Retries", exact=True).fill("eleven")
    expect(page.get_by_role("alert").filter(has_text="A whole number from 0 to 10.").first).to_be_visible()
    page.get_by_label("Retries", exact=True).fill("3")
    for label, value in (
        ("Delay, s", "0.50"),
        ("× each time", "2"),
        ("± part", "0.25"),
        ("Time limit, s", "60"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Declared outputs").fill("main")
    page.get_by_label("Results of earlier runs").select_option("off")
    page.get_by_role("button", name="Back to the flow").click()
    page.get_by_role("button", name="Add a parameter").click()
    page.get_by_label("Name of the parameter").fill("where")
    page.get_by_label("Default of where").fill("in/flights.csv")
    page.get_by_role("button", name="Input Load", exact=True).click()
    page.get_by_label("From", exact=True).select_option("file")
    page.get_by_label("Path from").select_option("where")
    page.get_by_text("Schema", exact=True).click()
    page.get_by_role("button", name="Add a column").click()
    page.get_by_label("Type of column_1").select_option("Int64")
    save(page)
    load, worst = (one["settings"] for one in saved(api, flow)["nodes"])
    assert load["source"]["path"] == {"parameter": "where"}
    assert load["schema"] == {"column_1": "Int64"}
    assert worst["retries"] == {"max": 3, "delay_s": 0.5, "backoff": 2, "jitter": 0.25}
    assert (worst["timeout_s"], worst["outputs"], worst["cache"]) == (60, ["main"], False)


def test_what_the_server_refuses_stands_at_the_field_of_the_node(page: Page, runs: Runs) -> None:
    flow = runs.flow(two("refused"))
    edit(page, flow, "worst")
    answer = {
        "code": "bad_field",
        "message": "node Worst (worst): text of at most 9 is needed",
        "field": "nodes[1].settings.query",
        "request_id": "r",
    }
    page.route(
        "**/api/v1/flows/*",
        lambda route: (
            route.fulfill(status=422, json={"error": answer})
            if route.request.method == "PUT"
            else route.continue_()
        ),
    )
    page.get_by_label("Query", exact=True).fill("SELECT 1")
    page.get_by_role("button", name="Save", exact=True).click()
    panel = page.get_by_role("complementary", name="Node Worst")
    expect(panel.get_by_role("alert")).to_have_text("Text of at most 9 is needed.")
    expect(node(page, "Worst")).to_have_attribute("aria-label", re.compile("Text of at most 9"))
    page.get_by_label("Query", exact=True).fill("SELECT 2")
    expect(panel.get_by_role("alert")).to_have_count(0)


def test_a_yaml_file_is_imported_exported_and_put_in_the_place_of_a_flow(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    text = "name: from yaml\nnodes:\n- id: a\n  settings:\n    code: |\n      x = 1\n"
    file: FilePayload = {"name": "flow.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    bomb: FilePayload = {**file, "name": "bomb.yaml", "buffer": b"a: &a [x]\nb: [*a, *a]\n"}
    page.goto("/flows")
    page.get_by_label("File of a flow").set_input_files(bomb)
    expect(page.get_by_role("alert")).to_contain_text("Anchors and aliases are not read")
    page.get_by_label("File of a flow").set_input_files(file)
    expect(page.get_by_role("heading", level=1, name="from yaml")).to_be_visible()
    page.get_by_role("button", name="More about from yaml").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download flow.yaml").click()
    assert "      x = 1\n" in download.value.path().read_text()
    flow = runs.flow(two("replaced"))
    edit(page, flow)
    page.get_by_label("File to be put in its place").set_input_files(file)
    expect(node(page, "a")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(node(page, "Worst")).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    save(page)
    assert saved(api, flow)["name"] == "from yaml"


def test_a_flow_that_is_deleted_under_the_editor_leaves_what_was_changed(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(one_node("soon gone", "1"))
    edit(page, flow)
    page.get_by_label("Name", exact=True).fill("rescued")
    api.delete(f"/flows/{flow}").raise_for_status()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save mine as a new flow").click()
    expect(page.get_by_role("heading", level=1, name="rescued")).to_be_visible()
    assert flow not in page.url


def test_whoever_has_an_older_flow_open_hears_of_the_newer_one(
    page: Page, api: httpx.Client, runs: Runs
) -> None:
    flow = runs.flow(two("in two tabs"))
    edit(page, flow)
    page.get_by_label("Name", exact=True).fill("mine")
    api.put(f"/flows/{flow}", json={**two("theirs"), "version": 1}).raise_for_status()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Look at theirs")).to_have_attribute(
        "href", f"/flows/{flow}?version=2"
    )
    expect(page.get_by_label("Name", exact=True)).to_have_value("mine")


def test_names_of_nodes_inputs_and_parameters_are_text(page: Page, runs: Runs) -> None:
    name = XSS[:180]
    body = two(name, parameters={"p": {"type": "string", "default": XSS, "description": XSS}})
    body["nodes"] = [{**one, "name": name} for one in body["nodes"]]
    body["nodes"][0]["settings"] = {
        "source": {"kind": "table", "columns": [{"name": name, "type": "String"}], "rows": [[XSS]]}
    }
    flow = runs.flow(body)
    for chosen in (None, "load", "worst"):
        edit(page, flow, chosen)
        expect(page.get_by_text(PICTURE).filter(visible=True).first).to_be_visible()
        assert not ran(page), chosen
    page.locator(".react-flow__edge").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the input", exact=True).fill(name)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    assert not ran(page)


def test_the_list_tells_the_last_run_of_a_flow(page: Page, runs: Runs) -> None:
    flow = runs.flow(one_node("told in the list", "1"))
    page.goto("/flows")
    row = page.get_by_role("row").filter(has_text="told in the list")
    expect(row).to_contain_text("never run")
    run = runs.start(flow)
    expect(row).to_contain_text("Succeeded", timeout=60_000)
    expect(row.get_by_role("link", name="Last run of told in the list")).to_have_attribute(
        "href", f"/runs/{run}"
    )
    wait_until(lambda: runs.ended(run)["state"] == "succeeded", 30, "it has ended")


@pytest.mark.parametrize("theme", THEMES)
def test_the_canvas_and_its_panels_have_no_fault(new_context: NewContext, runs: Runs, theme: Theme) -> None:
    parameters = {"year": {"type": "integer", "default": 2013}}
    flow = runs.flow(two(f"canvas without fault, {theme}", parameters=parameters))
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    for chosen in (None, "load"):
        edit(page, flow, chosen)
        assert faults(page) == [], chosen
    page.locator(".react-flow__edge").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Wire")).to_be_visible()
    assert faults(page) == []
