"""A notebook's page, and a node's, as a person uses them."""

from __future__ import annotations

import re
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.cells import CellsPage

_SAVED = re.compile(r"^Saved ")


class NotebookPage(CellsPage):
    """The page of a document of cells, at its address. Cells are counted from 0."""

    def __init__(self, page: Page, path: str) -> None:
        super().__init__(page, "")
        self._path = path

    @property
    def name(self) -> Locator:
        """The field with the notebook's name."""
        return self.page.get_by_label("Name of the notebook")

    @property
    def save_state(self) -> Locator:
        """Whether what is on the page is saved."""
        return self.page.locator(".save-state")

    def expect_saved(self) -> None:
        """Wait until all that is on the page is saved."""
        expect(self.save_state).to_have_text(_SAVED)

    def code(self, index: int) -> Locator:
        """What stands in a cell."""
        return self.cell(index).locator(".cm-content")

    def rewrite(self, index: int, code: str) -> None:
        """Write something else into a cell."""
        self.code(index).click()
        self.page.keyboard.press("Control+a")
        # Text put in place of coloured text would take its style over, which the policy refuses.
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(code)

    def more(self, item: str) -> None:
        """Choose from the menu of the bar."""
        self.page.get_by_role("button", name="More about these cells").click()
        self.page.get_by_role("menuitem", name=item).click()


class Notebooks:
    """Makes notebooks by the API."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def made(self, name: str, *sources: str, kernel: str | None = "flights") -> str:
        """A new notebook's id; its cells are c0, c1 and so on."""
        cells = [{"id": f"c{n}", "kind": "code", "source": source} for n, source in enumerate(sources)]
        answer = self._api.post("/notebooks", json={"name": name, "kernel": kernel, "cells": cells})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def now(self, notebook: str) -> dict[str, Any]:
        """The notebook as it is saved."""
        answer = self._api.get(f"/notebooks/{notebook}").raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def sources(self, notebook: str) -> list[str]:
        """What is saved in its cells."""
        return [cell["source"] for cell in self.now(notebook)["cells"]]
