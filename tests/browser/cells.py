"""A kernel's page with cells, as a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class CellsPage:
    """One kernel's page. Cells are counted from 0."""

    def __init__(self, page: Page, kernel: str, flow: str = "-") -> None:
        self.page = page
        self._path = f"/kernels/{kernel}?flow={flow}"

    def open(self) -> CellsPage:
        """Go there; returns itself."""
        self.page.goto(self._path)
        expect(self.add_button).to_be_visible()
        return self

    @property
    def add_button(self) -> Locator:
        """Adds a cell at the end."""
        return self.page.get_by_role("button", name="Add a cell", exact=True)

    @property
    def all(self) -> Locator:
        """All cells."""
        return self.page.locator("section.cell")

    def cell(self, index: int) -> Locator:
        """One cell."""
        return self.all.nth(index)

    def output(self, index: int) -> Locator:
        """What is below a cell's code."""
        return self.cell(index).locator(".outputs")

    def write(self, code: str) -> Locator:
        """A new cell with that code, at the end."""
        there = self.all.count()
        self.add_button.click()
        made = self.cell(there)
        made.locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        return made

    def run(self, code: str) -> Locator:
        """A new cell, run by the keyboard."""
        made = self.write(code)
        self.page.keyboard.press("Shift+Enter")
        return made

    def expect_state(self, index: int, state: str) -> None:
        """Wait until a cell's name says its state."""
        expect(self.cell(index)).to_have_attribute("aria-label", f"Cell {index + 1}, {state}")
