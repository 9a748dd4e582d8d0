"""Notebooks in the browser: made, run, saved by themselves, never lost to another tab or to the network."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document
from tests.browser.notebooks import NotebookPage, Notebooks
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_hostile import XSS, ran
from tests.waiting import wait_until

MARKDOWN = (
    "# Late flights\n\nOf *2013*, with a [link](https://example.org) and\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FILE = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# From *Jupyter*"]},
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "execution_count": 3,
            "source": "6 * 7",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["kept of the file\n"]},
                {"output_type": "display_data", "metadata": {}, "data": {"image/png": PIXEL}},
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"text/html": XSS, "text/plain": XSS},
                },
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def notebooks(api: httpx.Client) -> Notebooks:
    return Notebooks(api)


def opened(page: Page, notebook: str) -> NotebookPage:
    """The page of a notebook."""
    made = NotebookPage(page, f"/notebooks/{notebook}")
    made.open()
    return made


def no_saves(route: Route) -> None:
    """A server that answers questions alone."""
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()


def test_a_notebook_is_made_run_and_seen_elsewhere(
    page: Page, new_context: NewContext, notebooks: Notebooks
) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Notebooks").click()
    page.get_by_role("button", name="New notebook").click()
    expect(page).to_have_url(re.compile(r"/notebooks/nb-"))
    cells = NotebookPage(page, "")
    cells.name.fill("Late flights")
    page.get_by_role("button", name="Kernel:").click()
    page.get_by_role("menuitemradio", name="Flights of 2013").click()
    expect(page.get_by_role("button", name="Kernel: Flights of 2013")).to_contain_text("Ready")
    cells.run("print('seen everywhere')")
    expect(cells.output(0)).to_have_text("seen everywhere")
    expect(cells.cell(0).locator(".margin")).to_contain_text(re.compile(r"\[1\].*ms|\[1\].*s", re.DOTALL))
    cells.expect_saved()
    cells.page.reload()
    expect(cells.output(0)).to_have_text("seen everywhere")
    expect(cells.name).to_have_value("Late flights")
    expect(page).to_have_title(re.compile("Late flights"))
    other = NotebookPage(new_context().new_page(), "")
    other.page.goto(page.url)
    expect(other.output(0)).to_have_text("seen everywhere")
    other.run("print('and back')")
    expect(other.output(1)).to_have_text("and back")
    wait_until(lambda: len(notebooks.sources(page.url.rsplit("/", 1)[1])) == 2, 20, "it is saved")
    cells.page.reload()
    expect(cells.output(1)).to_have_text("and back")
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Notebooks").click()
    expect(page.get_by_role("row", name=re.compile("Late flights"))).to_contain_text("Flights of 2013")


def test_two_who_edit_different_cells_are_merged(
    page: Page, new_context: NewContext, notebooks: Notebooks
) -> None:
    notebook = notebooks.made("merged", "a = 1", "b = 2")
    mine, theirs = opened(page, notebook), opened(new_context().new_page(), notebook)
    theirs.rewrite(1, "b = 'theirs'")
    theirs.expect_saved()
    wait_until(lambda: notebooks.sources(notebook)[1] == "b = 'theirs'", 10, "it is saved")
    mine.rewrite(0, "a = 'mine'")
    expect(mine.code(1)).to_have_text("b = 'theirs'")
    expect(mine.save_state).to_contain_text("with what was changed elsewhere")
    assert notebooks.sources(notebook) == ["a = 'mine'", "b = 'theirs'"]


@pytest.mark.parametrize(("button", "kept"), [("Keep mine", "a = 'mine'"), ("Take theirs", "a = 'theirs'")])
def test_one_cell_changed_by_two_is_somebodys_decision(
    page: Page, new_context: NewContext, notebooks: Notebooks, button: str, kept: str
) -> None:
    notebook = notebooks.made("clash", "a = 1")
    mine, theirs = opened(page, notebook), opened(new_context().new_page(), notebook)
    theirs.rewrite(0, "a = 'theirs'")
    wait_until(lambda: notebooks.sources(notebook) == ["a = 'theirs'"], 10, "theirs is saved")
    mine.rewrite(0, "a = 'mine'")
    expect(page.get_by_text("Changed elsewhere since you began: cell 1")).to_be_visible()
    assert notebooks.sources(notebook) == ["a = 'theirs'"], "nothing is overwritten unasked"
    page.get_by_role("button", name=button).click()
    mine.expect_saved()
    expect(mine.code(0)).to_have_text(kept)
    assert notebooks.sources(notebook) == [kept]


def test_another_tab_of_this_browser_follows_what_is_saved(page: Page, notebooks: Notebooks) -> None:
    notebook = notebooks.made("two tabs", "a = 1")
    one, other = opened(page, notebook), opened(page.context.new_page(), notebook)
    one.rewrite(0, "a = 2")
    expect(other.code(0)).to_have_text("a = 2")


def test_what_is_written_without_a_connection_is_saved_when_it_is_back(
    page: Page, notebooks: Notebooks
) -> None:
    notebook = notebooks.made("offline", "a = 1")
    cells = opened(page, notebook)
    page.context.set_offline(True)
    cells.rewrite(0, "a = 'written offline'")
    expect(cells.save_state).to_contain_text("kept in this browser")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try now").click()
    cells.expect_saved()
    assert notebooks.sources(notebook) == ["a = 'written offline'"]


def test_a_draft_that_was_not_saved_is_there_after_the_page_is_closed(
    page: Page, notebooks: Notebooks
) -> None:
    notebook = notebooks.made("draft", "a = 1")
    context = page.context
    cells = opened(page, notebook)
    context.route("**/api/v1/notebooks/*", no_saves)
    cells.rewrite(0, "a = 'a draft'")
    expect(cells.save_state).to_contain_text("kept in this browser")
    page.close()
    context.unroute("**/api/v1/notebooks/*")
    again = opened(context.new_page(), notebook)
    expect(again.code(0)).to_have_text("a = 'a draft'")
    again.expect_saved()
    assert notebooks.sources(notebook) == ["a = 'a draft'"]


def test_a_kernel_is_required_and_one_that_is_deleted_meanwhile_is_told(
    page: Page, api: httpx.Client, notebooks: Notebooks
) -> None:
    api.post("/kernels", json={"id": "shortlived", "name": "Short lived"}).raise_for_status()
    cells = opened(page, notebooks.made("homeless", "print('where')", kernel=None))
    expect(page.get_by_text("cells run on a kernel")).to_be_visible()
    cells.code(0).click()
    page.keyboard.press("Shift+Enter")
    expect(cells.cell(0)).to_contain_text("Kernel required: choose one above")
    page.get_by_role("button", name="Use Short lived").click()
    expect(page.get_by_text("Short lived is stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Start kernel")).to_be_visible()
    cells.expect_saved()
    api.delete("/kernels/shortlived").raise_for_status()
    expect(page.get_by_text("was deleted, or is not shared with you any more")).to_be_visible()
    page.get_by_role("button", name="Use Flights of 2013").click()
    cells.code(0).click()
    page.keyboard.press("Shift+Enter")
    expect(cells.output(0)).to_have_text("where")


def test_a_notebook_deleted_under_its_page_can_be_kept(
    page: Page, api: httpx.Client, notebooks: Notebooks
) -> None:
    notebook = notebooks.made("going", "a = 1")
    cells = opened(page, notebook)
    api.delete(f"/notebooks/{notebook}").raise_for_status()
    cells.rewrite(0, "a = 'saved from it'")
    expect(page.get_by_text("This notebook was deleted.")).to_be_visible()
    page.get_by_role("button", name="Keep these cells as a new notebook").click()
    expect(page).not_to_have_url(re.compile(notebook))
    expect(cells.code(0)).to_have_text("a = 'saved from it'")
    cells.expect_saved()


def test_a_file_of_jupyters_comes_in_with_its_outputs_and_goes_out(page: Page) -> None:
    page.goto("/notebooks")
    chosen = page.get_by_label("File of a notebook")
    chosen.set_input_files({"name": "x.ipynb", "mimeType": "application/json", "buffer": b"{]"})
    expect(page.get_by_role("alert")).to_contain_text("is no JSON")
    body = json.dumps(FILE).encode()
    chosen.set_input_files({"name": "From afar.ipynb", "mimeType": "application/json", "buffer": body})
    cells = NotebookPage(page, "")
    expect(cells.name).to_have_value("From afar")
    expect(page.get_by_role("heading", name="From Jupyter")).to_be_visible()
    expect(cells.output(1)).to_contain_text("kept of the file")
    expect(cells.output(1).locator("img.picture")).to_be_visible()
    assert not ran(page)
    page.get_by_role("button", name="More about these cells").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download .ipynb").click()
    assert download.value.suggested_filename == "From afar.ipynb"
    written = json.loads(download.value.path().read_text())
    assert written["nbformat"] == 4
    assert [cell["cell_type"] for cell in written["cells"]] == ["markdown", "code"]
    assert "kept of the file" in json.dumps(written["cells"][1]["outputs"])


def test_text_is_read_and_written(page: Page, notebooks: Notebooks) -> None:
    cells = opened(page, notebooks.made("text"))
    page.get_by_role("button", name="Add text").click()
    page.keyboard.insert_text(MARKDOWN)
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_role("heading", name="Late flights")).to_be_visible()
    expect(cells.cell(0).locator("em")).to_have_text("2013")
    expect(cells.cell(0).get_by_role("table")).to_be_visible()
    cells.cell(0).locator(".markdown").dblclick()
    expect(cells.code(0)).to_be_focused()
    cells.expect_saved()


def test_jupyters_keys_command_cells(page: Page, notebooks: Notebooks) -> None:
    cells = opened(page, notebooks.made("keys", "first = 1", "second = 2"))
    page.get_by_role("button", name="More about these cells").click()
    page.get_by_role("menuitemcheckbox", name="Jupyter's keys").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)  # until then the focus goes back to its button
    cells.code(0).click()
    expect(cells.code(0)).to_be_focused()
    for key in ("Escape", "b"):
        page.keyboard.press(key)
    expect(cells.all).to_have_count(3)
    expect(cells.cell(1)).to_be_focused()
    for key in ("d", "d"):
        page.keyboard.press(key)
    expect(cells.all).to_have_count(2)
    page.keyboard.press("z")
    expect(cells.all).to_have_count(3)
    for key in ("ArrowUp", "ArrowUp", "c", "ArrowDown", "v"):
        page.keyboard.press(key)
    expect(cells.code(2)).to_have_text("first = 1")
    page.keyboard.press("m")
    expect(cells.cell(2)).to_have_attribute("aria-label", "Cell 3, text")
    page.keyboard.press("y")
    for key in ("Alt+ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(cells.code(1)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cells.code(2)).to_be_focused()
    cells.expect_state(1, "succeeded")


def test_what_is_found_in_all_cells_is_replaced_and_taken_back(page: Page, notebooks: Notebooks) -> None:
    notebook = notebooks.made("found", "price = 1", "print(price, Price)", "other = 2")
    cells = opened(page, notebook)
    cells.code(0).click()
    page.keyboard.press("Control+f")
    bar = page.get_by_role("search", name="Find in cells")
    bar.get_by_label("Find in cells").fill("price")
    expect(bar.get_by_role("status")).to_have_text("1 of 3")
    bar.get_by_label("Find in cells").press("Enter")
    expect(bar.get_by_role("status")).to_have_text("2 of 3")
    expect(cells.cell(1).locator(".find-hit.current")).to_have_text("price")
    bar.get_by_role("button", name="Match case").click()
    expect(bar.get_by_role("status")).to_have_text("1 of 2")
    bar.get_by_label("Replace by").fill("cost")
    bar.get_by_role("button", name="Replace all").click()
    expect(bar.get_by_role("status")).to_have_text("2 replaced")
    expect(cells.code(1)).to_have_text("print(cost, Price)")
    bar.get_by_role("button", name="Close (Esc)").click()
    page.get_by_role("button", name="Undo a change of cells").click()
    expect(cells.code(1)).to_have_text("print(price, Price)")


def test_a_version_has_a_name_and_is_gone_back_to(page: Page, notebooks: Notebooks) -> None:
    notebook = notebooks.made("versions", "a = 1")
    cells = opened(page, notebook)
    cells.more("Versions…")
    sheet = page.get_by_role("dialog", name="Versions")
    sheet.get_by_label("Name for what is on the page now").fill("before the change")
    sheet.get_by_role("button", name="Save by that name").click()
    expect(sheet.get_by_role("listitem").first).to_contain_text("before the change")
    page.keyboard.press("Escape")
    cells.rewrite(0, "a = 'changed'")
    cells.expect_saved()
    wait_until(lambda: notebooks.sources(notebook) == ["a = 'changed'"], 10, "it is saved")
    cells.more("Versions…")
    sheet.get_by_role("button", name="before the change").click()
    sheet.get_by_role("button", name="Go back to this version").click()
    expect(cells.code(0)).to_have_text("a = 1")
    wait_until(lambda: notebooks.sources(notebook) == ["a = 1"], 10, "it is saved")


def test_hostile_names_and_sources_are_text(page: Page, notebooks: Notebooks, api: httpx.Client) -> None:
    cells = [{"id": "c", "kind": "code", "source": XSS}, {"id": "m", "kind": "markdown", "source": XSS}]
    links = "[a](javascript:window.__ran=1) <b>b</b> ![x](https://example.org/x.png)"
    cells.append({"id": "n", "kind": "markdown", "source": links})
    made = api.post("/notebooks", json={"name": XSS, "kernel": "flights", "cells": cells}).json()["id"]
    page.goto("/notebooks")
    expect(page.get_by_role("link", name=XSS)).to_be_visible()
    there = opened(page, made)
    expect(there.name).to_have_value(XSS)
    expect(there.cell(1)).to_contain_text("onerror")
    expect(there.cell(2).locator("a")).to_have_count(2)
    assert there.cell(2).locator("b, img").count() == 0
    assert [link.get_attribute("href") for link in there.cell(2).locator("a").all()] == [
        "",
        "https://example.org/x.png",
    ]
    there.more("Versions…")
    expect(page.get_by_role("dialog", name="Versions")).to_be_visible()
    assert not ran(page)


def test_of_many_cells_those_in_sight_have_editors(page: Page, notebooks: Notebooks) -> None:
    cells = opened(page, notebooks.made("many", *(f"n = {n}\nprint(n)" for n in range(200))))
    expect(cells.all).to_have_count(200)
    assert page.locator(".cm-editor").count() < 60
    cells.cell(199).scroll_into_view_if_needed()
    cells.rewrite(199, "print('the last')")
    page.keyboard.press("Shift+Enter")
    expect(cells.output(199)).to_have_text("the last")
    assert page.locator(".cm-editor").count() < 90
    page.reload()
    expect(cells.output(199)).to_have_text("the last", timeout=60_000)


def test_a_nodes_cells_are_written_and_run_on_a_whole_page(page: Page, api: httpx.Client) -> None:
    flow = Runs(api).flow(document("expanded"))
    cells = NotebookPage(page, f"/flows/{flow}/nodes/features")
    cells.open()
    expect(page.get_by_role("heading", level=1, name="Features")).to_be_visible()
    expect(page.get_by_role("button", name="Kernel: ")).to_contain_text("Ready")
    memory = page.get_by_role("meter", name="Memory")
    expect(memory).to_have_attribute("aria-valuetext", re.compile(r"[\d,]+ of [\d,]+ bytes in use"))
    expect(cells.all).to_have_count(2)
    cells.run("print('in the node')")
    expect(cells.output(2)).to_have_text("in the node")
    expect(cells.save_state).to_have_text("Not saved yet")
    page.reload()
    expect(cells.output(2)).to_have_text("in the node")
    page.get_by_role("button", name="Save", exact=True).click()
    cells.expect_saved()
    saved = api.get(f"/flows/{flow}").json()
    assert saved["version"] == 2
    assert saved["nodes"][1]["settings"]["cells"][2]["code"] == "print('in the node')"
    assert api.get(f"/executions?flow={flow}").json()["items"][0]["node_id"] == "features"
    changed = {**saved, "name": "renamed meanwhile"}
    changed = {key: changed[key] for key in ("name", "nodes", "connections", "parameters", "default_kernel")}
    api.put(f"/flows/{flow}", json={**changed, "version": 2}).raise_for_status()
    cells.rewrite(0, "import polars as pl  # written on the whole page")
    page.keyboard.press("Control+s")
    cells.expect_saved()
    saved = api.get(f"/flows/{flow}").json()
    assert (saved["version"], saved["name"]) == (4, "renamed meanwhile")
    page.get_by_role("button", name="Back to the flow").click()
    expect(page).to_have_url(re.compile(f"/flows/{flow}.*node=features"))
    expect(memory).to_be_visible()
    page.get_by_role("link", name="Expand editor").click()
    expect(page).to_have_url(re.compile(f"/flows/{flow}/nodes/features"))


def test_cells_of_a_kernels_page_are_kept_as_a_notebook(cells: CellsPage) -> None:
    cells.write("kept = 'from the kernel'")
    cells.page.get_by_role("button", name="More about these cells").click()
    cells.page.get_by_role("menuitem", name="Keep as a notebook").click()
    expect(cells.page).to_have_url(re.compile("/notebooks/nb-"))
    expect(cells.cell(0).locator(".cm-content")).to_have_text("kept = 'from the kernel'")


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_of_notebooks_have_no_fault(
    new_context: NewContext, notebooks: Notebooks, api: httpx.Client, theme: Theme
) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    notebook = notebooks.made(f"axe {theme}", "print('text')", kernel=None)
    page.goto("/notebooks")
    expect(page.get_by_role("link", name=f"axe {theme}")).to_be_visible()
    assert faults(page) == []
    cells = opened(page, notebook)
    page.get_by_role("button", name="Add text").click()
    page.keyboard.insert_text(MARKDOWN)
    page.keyboard.press("Shift+Enter")
    page.get_by_role("button", name="Find and replace").click()
    page.wait_for_function(STILL)
    assert faults(page) == []
    cells.more("All keys…")
    page.wait_for_function(STILL)
    assert faults(page) == []
    flow = Runs(api).flow(document(f"axe {theme}"))
    NotebookPage(page, f"/flows/{flow}/nodes/features").open()
    assert faults(page) == []
