"""The reference of `flowfile` beside the cells, and what becomes of a kernel's artifacts in its sheet."""

from __future__ import annotations

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.cells import CellsPage


def test_a_question_mark_opens_it_but_not_where_somebody_writes(cells: CellsPage) -> None:
    page = cells.page
    cells.write("x = '")
    page.keyboard.type("?")
    expect(page.get_by_role("tab", name="Reference")).to_have_count(0)
    expect(cells.cell(0)).to_contain_text("x = '?")
    page.get_by_role("button", name="Clear outputs").focus()
    page.keyboard.press("?")
    shown = page.get_by_role("tabpanel", name="Reference")
    expect(shown.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("publish_global")
    call = shown.get_by_role("group").filter(has_text="publish_global").first
    expect(call.locator("pre").first).to_contain_text("publish_global(")
    expect(shown.get_by_text("read_input", exact=True)).to_have_count(0)
    call.get_by_role("button", name="Insert the example of publish_global").first.click()
    expect(cells.cell(1)).to_contain_text("flowfile.publish_global(")
    shown.get_by_role("searchbox").press("Escape")
    expect(shown).to_have_count(0)
    expect(page.get_by_role("button", name="Clear outputs")).to_be_focused()


def test_what_becomes_of_artifacts_is_chosen_with_the_kernel(page: Page, api: httpx.Client) -> None:
    page.goto("/kernels")
    page.get_by_role("button", name="New kernel").click()
    sheet = page.get_by_role("dialog", name="New kernel")
    sheet.get_by_role("textbox", name="Id", exact=True).fill("keeps-none")
    sheet.get_by_label("Artifacts loaded at a start").select_option("eager")
    sheet.get_by_role("checkbox", name="Keep the artifacts").uncheck()
    expect(sheet.get_by_label("Artifacts loaded at a start")).to_have_count(0)
    sheet.get_by_role("button", name="Create and start").click()
    article = page.get_by_role("article", name="keeps-none")
    expect(article).to_contain_text("Ready")
    made = api.get("/kernels/keeps-none").json()
    assert (made["persistence"], made["recovery_mode"]) == (False, "eager")
    edit = _edit(page)
    expect(edit.get_by_role("checkbox", name="Keep the artifacts")).to_be_disabled()
    page.keyboard.press("Escape")
    article.get_by_role("button", name="Stop kernel").click()
    expect(article).to_contain_text("Stopped")
    edit = _edit(page)
    edit.get_by_role("checkbox", name="Keep the artifacts").check()
    edit.get_by_label("Artifacts loaded at a start").select_option("clear")
    edit.get_by_role("button", name="Save").click()
    expect(edit).to_have_count(0)
    made = api.get("/kernels/keeps-none").json()
    assert (made["persistence"], made["recovery_mode"]) == (True, "clear")
    api.delete("/kernels/keeps-none").raise_for_status()


def _edit(page: Page) -> Locator:
    page.get_by_role("button", name="More about keeps-none").click()
    page.get_by_role("menuitem", name="Edit…").click()
    return page.get_by_role("dialog")


def test_a_cell_tells_what_it_published(cells: CellsPage) -> None:
    cells.run("flowfile.publish_artifact('numbers', [1, 2, 3])")
    cells.expect_state(0, "succeeded")
    published = cells.output(0).get_by_role("list", name="Published")
    expect(published).to_contain_text("numberslist")
    cells.run("flowfile.delete_artifact('numbers')")
    cells.expect_state(1, "succeeded")
    cells.page.reload()
    expect(published).to_contain_text("Artifactnumbers")
    expect(cells.output(1)).to_contain_text("Deleted artifactnumbers")


def test_a_saved_flows_namespace_has_its_name(page: Page, api: httpx.Client) -> None:
    flow = api.post("/flows", json={"name": "Night trains", "nodes": []}).json()["id"]
    cells = CellsPage(page, "flights", flow).open()
    cells.run("1 + 1")
    cells.expect_state(0, "succeeded")
    page.reload()
    page.get_by_role("button", name="Namespace: Night trains").click()
    expect(page.get_by_role("menuitemradio", name=f"Night trains {flow}")).to_be_checked()
