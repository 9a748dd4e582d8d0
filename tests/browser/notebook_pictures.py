"""Notebooks that show something, and their pictures."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.waiting import wait_until

WORDS = """# Late flights

Which carriers are late in *2013*, and by how much. See [the data](https://example.org).

* departures of three airports
* arrivals within 15 minutes count as on time
"""
TABLE = """flights = pl.DataFrame({
    "carrier": ["AA", "UA", "B6", "DL"] * 25,
    "delay": [n % 37 * 1.5 for n in range(100)],
})
flights"""
LOOP = "for month in range(1, 13):\n    print(f'{month:2d}', '#' * month)"
FAILS = "def ratio(a, b):\n    return a / b\n\nratio(flights['delay'].sum(), 0)"
NAME = "Late flights of 2013"
CELLS = (
    ("text", "markdown", WORDS),
    ("table", "code", TABLE),
    ("loop", "code", LOOP),
    ("fails", "code", FAILS),
)


def fill(api: httpx.Client) -> None:
    """A notebook whose cells ran, and one that has no kernel."""
    cells = [{"id": name, "kind": kind, "source": source} for name, kind, source in CELLS]
    made = (
        api.post("/notebooks", json={"name": NAME, "kernel": "flights", "cells": cells})
        .raise_for_status()
        .json()
    )
    for name, kind, source in CELLS:
        if kind == "code":
            body = {"code": source, "flow_id": made["id"], "cell_id": name}
            api.post("/kernels/flights/executions", json=body).raise_for_status()
    api.post("/notebooks", json={"name": "Ideas", "cells": cells[:1]}).raise_for_status()
    rows = f"/executions?flow={made['id']}&status=failed"
    wait_until(lambda: bool(api.get(rows).json()["items"]), 60, "its cells ran")


def _notebooks(page: Page) -> None:
    page.goto("/notebooks")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()


def _notebook(page: Page) -> None:
    _notebooks(page)
    page.get_by_role("link", name=NAME).click()
    expect(page.locator(".trouble .first")).to_be_attached()
    expect(page.get_by_role("heading", name="Late flights", exact=True)).to_be_visible()


def _find(page: Page) -> None:
    _notebook(page)
    page.get_by_role("button", name="Find and replace").click()
    page.get_by_label("Find in cells").last.fill("flights")
    expect(page.locator(".find-hit.current").first).to_be_attached()


def _variables(page: Page) -> None:
    _notebook(page)
    page.get_by_role("complementary", name="Inspector").get_by_role("button", name="Variables").first.click()
    expect(page.get_by_role("tabpanel", name="Variables")).to_contain_text("flights")


def _kernel_required(page: Page) -> None:
    page.goto("/notebooks")
    page.get_by_role("link", name="Ideas").click()
    expect(page.get_by_text("cells run on a kernel")).to_be_visible()
    page.get_by_role("button", name="Kernel:").click()
    expect(page.get_by_role("menuitemradio").first).to_be_visible()


PAGES: dict[str, Callable[[Page], None]] = {
    "notebooks": _notebooks,
    "notebook": _notebook,
    "notebook-find": _find,
    "variables": _variables,
    "kernel-required": _kernel_required,
}
