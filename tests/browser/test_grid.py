"""The data grid, over what a real kernel shows: sorted, narrowed, searched, copied, by mouse and by keys."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext, namespace_of
from tests.browser.test_accessible import STILL, THEMES, faults
from tests.browser.test_hostile import XSS, ran

BIG = """
n = 12_000
pl.DataFrame({
    "n": range(n), "carrier": ["UA", "AA", "DL", None] * (n // 4),
    "delay": [(d * 7) % 60 - 10.5 for d in range(n)],
    "day": [f"2013-{1 + d % 12:02}-01" for d in range(n)],
}).with_columns(pl.col("day").str.to_date())
"""
WIDE = "pl.DataFrame({f'column {n}': [n, n + 1] for n in range(10_000)})"
STRANGE = f"""
import datetime as dt, decimal, pyarrow as pa
columns = {{
    "xss": pa.array([{XSS!r}, "b"]), "nan": pa.array([float("nan"), float("inf")]),
    "nested": pa.array([[{{"deep": [1, 2]}}], None]),
    "when": pa.array([dt.datetime(2013, 1, 2, 3, 4, 5), None]),
    "price": pa.array([decimal.Decimal("10.50"), decimal.Decimal("9")]),
    "binary": pa.array([bytes(range(200)), b""]), "long": pa.array(["x" * 10_000_000, "short"]),
}}
flowfile.display(pa.Table.from_arrays(
    [*columns.values(), pa.array([1, 2]), pa.array([3, 4]), pa.array([5, 6])],
    names=[*columns, "twice", "twice", ""],
), title={XSS!r})
"""


def grid_of(cells: CellsPage, index: int = 0) -> Locator:
    """The grid below a cell, once it is drawn."""
    found = cells.output(index).locator(".grid")
    expect(found.get_by_role("row").nth(1)).to_be_attached()
    return found


def column(grid: Locator, place: int) -> list[str]:
    """Texts of a column's cells that are drawn, from the top."""
    return grid.locator(f"[role=gridcell][aria-colindex='{place}']").all_inner_texts()


def panel(page: Page, grid: Locator, name: str) -> Locator:
    """A column's figures and filter, opened."""
    grid.get_by_role("button", name=f"Figures and filter of {name}", exact=True).click()
    return page.get_by_role("dialog", name=name, exact=True)


def test_a_table_is_sorted_narrowed_searched_and_summed_up(cells: CellsPage) -> None:
    cells.run(BIG)
    grid, page = grid_of(cells), cells.page
    told = grid.get_by_role("status")
    expect(told).to_have_text("12,000 × 4, first 10,000 shown")
    assert grid.locator("tbody tr").count() < 40
    expect(grid.get_by_role("columnheader").nth(2)).to_contain_text("Float64")
    assert grid.locator("th .histogram").first.evaluate("drawn => drawn.clientHeight") == 24
    # Up, down, and as it came; nulls stay last.
    grid.get_by_role("button", name="carrier", exact=True).click()
    expect(grid.locator("tbody tr").first).to_contain_text("AA")
    grid.get_by_role("button", name="carrier", exact=True).click()
    expect(grid.get_by_role("columnheader").nth(1)).to_have_attribute("aria-sort", "descending")
    expect(grid.locator("tbody tr").first).to_contain_text("UA")
    # Narrowed by a value that is picked, by a range, and by words; then all again.
    opened = panel(page, grid, "carrier")
    expect(opened).to_contain_text("Of the first 10,000 rows only")
    expect(opened).to_contain_text("2,500 (25 %)")
    opened.get_by_role("button", name=re.compile("^AA")).click()
    expect(told).to_have_text("2,500 found in 12,000 × 4, first 10,000 shown")
    page.keyboard.press("Escape")
    opened = panel(page, grid, "delay")
    expect(opened).to_contain_text("-10.5")
    opened.get_by_label("From", exact=True).fill("40")
    expect(told).to_have_text(re.compile("^501 found"))
    page.keyboard.press("Escape")
    grid.get_by_role("button", name="2 filters: show all").click()
    expect(told).to_have_text("12,000 × 4, first 10,000 shown")
    grid.get_by_label("Search rows").fill("9999")
    expect(told).to_have_text("1 found in 12,000 × 4, first 10,000 shown")
    expect(grid.locator("tbody tr")).to_have_count(1)
    grid.get_by_label("Search rows").fill("no such thing")
    expect(grid).to_contain_text("No row is like this.")


def test_keys_move_select_copy_and_open(new_context: NewContext, request: Any) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    cells = CellsPage(page, "flights", namespace_of(request)).open()
    cells.run(BIG)
    grid = grid_of(cells)
    grid.get_by_role("grid").focus()
    for key, place in (
        ("ArrowDown", ["2", "1"]),
        ("ArrowRight", ["2", "2"]),
        ("Control+End", ["10001", "4"]),
        ("ArrowDown", ["10001", "4"]),
        ("Home", ["10001", "1"]),
        ("Control+Home", ["2", "1"]),
        ("ArrowUp", ["1", "1"]),
        ("ArrowUp", ["1", "1"]),
        ("PageDown", ["12", "1"]),
    ):
        page.keyboard.press(key)
        page.wait_for_function(
            "([grid, row, column]) => { const id = grid.getAttribute('aria-activedescendant');"
            " const cell = id && document.getElementById(id);"
            " return cell && cell.closest('[role=row]').getAttribute('aria-rowindex') === row"
            " && cell.getAttribute('aria-colindex') === column; }",
            arg=[grid.get_by_role("grid").element_handle(), *place],
        )
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expect(grid.locator("[aria-selected=true]")).to_have_count(4)
    page.keyboard.press("Control+c")
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text === '10\\tDL\\n11\\t')")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="carrier")).to_contain_text("null")
    page.keyboard.press("Escape")
    expect(grid.get_by_role("grid")).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(grid.get_by_role("columnheader").first).to_have_attribute("aria-sort", "descending")
    expect(grid.locator("tbody tr").first).to_contain_text("9999")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("dialog", name="n", exact=True).get_by_label("From", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(grid.get_by_role("grid")).to_be_focused()
    # None of it was a key of the notebook around it.
    expect(cells.all).to_have_count(1)
    grid.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_function(
        "() => navigator.clipboard.readText().then((text) =>"
        " text.startsWith('n\\tcarrier\\tdelay\\tday\\n9999\\t') && text.split('\\n').length === 10001)"
    )


def test_of_ten_thousand_columns_those_in_sight_are_drawn(cells: CellsPage) -> None:
    cells.run(WIDE)
    grid = grid_of(cells)
    expect(grid.get_by_role("status")).to_have_text("2 × 10,000")
    assert grid.get_by_role("columnheader").count() < 40
    grid.get_by_role("grid").evaluate("grid => { grid.scrollLeft = 1e9; }")
    expect(grid.get_by_role("button", name="column 9999", exact=True)).to_be_visible()
    expect(grid.get_by_role("gridcell", name="10000", exact=True)).to_be_visible()


def test_values_and_names_of_any_kind_are_told_as_they_are_and_run_nothing(cells: CellsPage) -> None:
    cells.run(STRANGE)
    grid, page = grid_of(cells), cells.page
    expect(grid.get_by_role("status")).to_have_text("2 × 10")
    expect(grid.get_by_role("gridcell").first).to_contain_text("<img src=x onerror")
    grid.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(grid.get_by_role("button", name="Figures and filter of column 10, without a name")).to_be_visible()
    expect(grid.get_by_role("button", name="twice", exact=True)).to_have_count(2)
    # Of two columns of one name each is sorted by itself.
    grid.get_by_role("button", name="twice", exact=True).last.click()
    grid.get_by_role("button", name="twice", exact=True).last.click()
    expect(grid.locator("[role=gridcell][aria-colindex='8']").first).to_have_text("2")
    page.keyboard.press("Home")
    expect(grid.locator("th[aria-colindex='1'] button").first).to_have_text("xss")
    assert column(grid, 2) == ["null", "null"]
    assert column(grid, 3)[1] == '[{"deep":[1,2]}]'
    assert column(grid, 4)[1] == "2013-01-02T03:04:05"
    assert column(grid, 5) == ["9.00", "10.50"]
    assert "(200 bytes)" in column(grid, 6)[1]
    assert len(column(grid, 7)[1]) < 250
    # The long one is whole where it is looked at, as far as its kernel sends it.
    grid.locator("[role=gridcell][aria-colindex='7']").nth(1).dblclick()
    expect(page.get_by_role("dialog", name="long")).to_contain_text("characters")
    assert page.evaluate("document.querySelectorAll('*').length") < 1500
    assert not ran(page)


def test_it_has_no_fault(new_context: NewContext, request: Any) -> None:
    page = new_context(color_scheme="light", bypass_csp=True).new_page()
    cells = CellsPage(page, "flights", namespace_of(request)).open()
    cells.run(BIG)
    grid = grid_of(cells)
    grid.get_by_role("button", name="carrier", exact=True).click()
    panel(page, grid, "carrier")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.wait_for_function(STILL)
        assert faults(page) == [], theme
