"""axe finds nothing on any page in either theme; what matters is reached by the keyboard."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FIGURE = (
    "from IPython.display import display\n"
    "display({'application/vnd.plotly.v1+json': {'data': [{'y': [1, 3]}]}}, raw=True)"
)
CELLS = ("print('text')", "1 / 0", "pl.DataFrame({'n': range(30)})", FIGURE)
STILL = "() => document.getAnimations().every(one => one.playState !== 'running')"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


def faults(page: Page) -> list[str]:
    """What axe has to say, one line a fault."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_have_no_fault(new_context: NewContext, theme: Theme) -> None:
    # The policy lets no script of a tool in; the tests of hostile text have it on.
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    for path, heading in (
        ("/kernels", "Kernels"),
        ("/account", "admin"),
        ("/kernels/nothing", "There is nothing here"),
        ("/system", "How Husk does"),
        ("/system/runtime", "What kernels run in"),
        ("/system/dead-letters", "Dead letters"),
        ("/system/users", "Users"),
        ("/system/audit", "Audit"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        if path in {"/system/users", "/system/audit"}:
            expect(page.locator("tbody tr").first).to_be_visible()
        assert faults(page) == [], path
    page.goto("/kernels")
    page.get_by_role("button", name="New kernel").click()
    expect(page.get_by_role("dialog", name="New kernel")).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More about Flights of 2013").click()
    page.get_by_role("menuitem", name="Share…").click()
    expect(page.get_by_role("dialog", name="Share Flights of 2013")).to_contain_text("Nobody else has it.")
    page.wait_for_function(STILL)
    assert faults(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_login_has_no_fault(new_context: NewContext, theme: Theme) -> None:
    nobody: dict[str, list[object]] = {"cookies": [], "origins": []}
    page = new_context(color_scheme=theme, bypass_csp=True, storage_state=nobody).new_page()
    page.goto("/login")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_cells_have_no_fault(new_context: NewContext, theme: Theme) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    cells = CellsPage(page, "flights", f"axe-{theme}").open()
    for code in CELLS:
        cells.run(code)
    cells.expect_state(3, "succeeded")
    expect(page.locator(".chart .trace path").first).to_be_visible()
    assert faults(page) == []


def test_a_kernel_is_made_without_a_mouse(page: Page) -> None:
    page.goto("/kernels")
    expect(page.get_by_role("article", name="Flights of 2013")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="New kernel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Id")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="New kernel")).to_be_focused()


def test_the_keyboard_gets_out_of_a_cell(cells: CellsPage) -> None:
    cells.write("x = 1")
    cells.page.keyboard.press("Escape")
    cells.page.keyboard.press("Tab")
    expect(cells.cell(0).get_by_role("button", name="Run (Shift+Enter)")).to_be_focused()


def test_the_chosen_theme_stays(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("radio", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
