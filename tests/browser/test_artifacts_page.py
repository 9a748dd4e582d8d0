"""Artifacts of flows and loose cells: found, seen, followed both ways, deleted; live while others publish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flows import Flow
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.integration.stack.stack_fixture import Stack

HOSTILE = "<img src=x onerror=document.title='taken'> %2F ?#&"
LOAD = f"""
frame = pl.DataFrame({{"day": range(50), "<i>delay</i>": [d * 1.5 for d in range(50)]}})
flowfile.publish_artifact("delays of march", frame)
flowfile.publish_artifact("matrix", __import__("numpy").arange(6.0).reshape(2, 3))
class Shown:
    def __repr__(self):
        return "<script>document.title = 'taken'</script> a thing"
flowfile.publish_artifact({HOSTILE!r}, {{"of": Shown()}})
flowfile.publish_output(frame)
"""
TRAIN = """
delays = flowfile.read_artifact("delays of march")
flowfile.publish_global("march", delays)
flowfile.publish_output(delays)
"""


@pytest.fixture(scope="module")
def flow(api: httpx.Client) -> Iterator[Flow]:
    """A flow that published; the catalog is left as it was."""
    made = Flow(api)
    made.run("load", LOAD)
    made.run("train", TRAIN)
    yield made
    api.delete("/catalog/artifacts/march?force=true").raise_for_status()


def test_artifacts_of_flows_are_found_beside_the_catalog(page: Page, flow: Flow) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Artifacts").click()
    expect(page).to_have_url("/artifacts")
    page.get_by_label("Flow", exact=True).select_option(flow.id)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_role("searchbox").fill("MARCH")
    expect(page).to_have_url(f"/artifacts?flow={flow.id}&q=MARCH")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("late flights")
    expect(rows.first).to_contain_text("Load")
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.get_by_text("No artifact is like this.")).to_be_visible()
    page.get_by_role("navigation", name="Artifacts").get_by_role("link", name="Catalog").click()
    expect(page.get_by_role("heading", level=1, name="Catalog")).to_be_visible()
    expect(page.get_by_role("link", name="Artifacts", exact=True).first).to_have_attribute(
        "aria-current", "page"
    )


def test_one_shows_what_it_is_who_made_it_and_what_came_of_it(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    page.goto(f"/artifacts/{flow.id}/{quote('delays of march')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("delays of march")
    expect(page.get_by_text("50 × 2 columns")).to_be_visible()
    expect(page.get_by_text("<i>delay</i>").first).to_be_visible()
    expect(page.get_by_text('flowfile.read_artifact("delays of march")')).to_be_visible()
    lineage = page.locator(".lineage")
    expect(lineage.get_by_role("link", name="late flights")).to_be_visible()
    expect(lineage.get_by_role("link", name="Flights of 2013")).to_be_visible()
    expect(lineage.get_by_role("link", name="Train")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "delays of march.parquet"
    content = api.get(f"/flows/{flow.id}/artifacts/delays of march/content").content
    assert download.value.path().read_bytes() == content
    lineage.get_by_role("link", name=re.compile("march@1")).click()
    expect(page).to_have_url(re.compile("/catalog/march"))
    expect(page.locator(".lineage")).to_contain_text("delays of march")


def test_hostile_names_and_previews_are_text(page: Page, flow: Flow) -> None:
    page.goto(f"/artifacts?flow={flow.id}&q=onerror")
    page.locator("tbody tr").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator(".preview pre")).to_contain_text("<script>document.title = 'taken'</script> a thing")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.title().startswith("<img")


def test_what_others_publish_comes_and_what_they_delete_goes_while_one_looks(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    page.goto(f"/artifacts?flow={flow.id}&q=live")
    expect(page.get_by_text("No artifact is like this.")).to_be_visible()
    body = {"code": "flowfile.publish_artifact('live one', 1)", "flow_id": flow.id, "node_id": "load"}
    api.post("/kernels/flights/executions", json=body).raise_for_status()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="live one").click()
    expect(page.get_by_text("by a cell: cells read it, runs do not")).to_be_visible()
    api.delete(f"/flows/{flow.id}/artifacts/live one").raise_for_status()
    expect(page.get_by_text("This artifact was deleted meanwhile")).to_be_visible()
    expect(page.get_by_role("button", name="Delete…")).to_have_count(0)
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    page.get_by_role("link", name="All artifacts").click()
    expect(page.get_by_role("link", name="live one")).to_have_count(0)


def test_a_delete_says_what_goes_and_what_stays(page: Page, api: httpx.Client, flow: Flow) -> None:
    flow.run(
        "train", "flowfile.publish_artifact('to go', 1)\nflowfile.publish_output(pl.DataFrame({'n': [1]}))"
    )
    page.goto(f"/artifacts/{flow.id}/{quote('to go')}")
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("What goes: the artifact")
    expect(dialog).to_contain_text("What stays: past runs keep what they had")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Delete…").click()
    dialog.get_by_role("button", name="Delete artifact").click()
    expect(page).to_have_url("/artifacts")
    assert api.get(f"/flows/{flow.id}/artifacts/to go").status_code == 404
    page.goto(f"/artifacts/{flow.id}/{quote('to go')}")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_nobody_else_sees_them_and_an_empty_page_teaches(
    stack: Stack, api: httpx.Client, new_context: NewContext, flow: Flow
) -> None:
    theirs = People(stack, api, new_context).browser_of("judy", "editor").new_page()
    theirs.goto("/artifacts")
    expect(theirs.get_by_role("heading", name="No artifact yet")).to_be_visible()
    theirs.goto(f"/artifacts/{flow.id}/matrix")
    expect(theirs.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_they_have_no_fault(new_context: NewContext, theme: Theme, flow: Flow) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    for path, there in (
        ("/artifacts", "tbody tr"),
        (f"/artifacts/{flow.id}/{quote('delays of march')}", ".preview"),
        (f"/artifacts/{flow.id}/matrix", ".preview"),
    ):
        page.goto(path)
        expect(page.locator(there).first).to_be_visible()
        page.wait_for_function(STILL)
        assert faults(page) == [], path
