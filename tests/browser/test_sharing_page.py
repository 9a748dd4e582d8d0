"""A kernel shared with others: what its owner does, what viewers and editors see and may do."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext
from tests.browser.people import People
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

CARD = "Shared one"


@pytest.fixture
def people(stack: Stack, api: httpx.Client, new_context: NewContext) -> People:
    return People(stack, api, new_context)


@pytest.fixture
def uid(api: httpx.Client) -> Iterator[str]:
    """A kernel of the admin's that runs, shared with nobody."""
    made = api.post("/kernels", json={"id": "shared-one", "name": CARD, "memory_gb": 1}).raise_for_status()
    api.post("/kernels/shared-one/start").raise_for_status()
    yield str(made.json()["uid"])
    api.delete("/kernels/shared-one")
    wait_until(lambda: api.get("/kernels/shared-one").status_code == 404, 30, "it is gone")


def card(page: Page) -> Locator:
    return page.get_by_role("article", name=CARD)


def share(page: Page, user: str, role: str) -> None:
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name of the person").fill(user)
    sheet.get_by_label("May", exact=True).select_option(role)
    sheet.get_by_role("button", name="Share", exact=True).click()


def test_the_owner_shares_changes_and_takes_back(page: Page, people: People, uid: str) -> None:
    theirs = people.browser_of("vic", "viewer").new_page()
    theirs.goto("/kernels")
    expect(theirs.get_by_text("Nothing is shared with you yet")).to_be_visible()
    page.goto("/kernels")
    card(page).get_by_role("button", name=f"More about {CARD}").click()
    page.get_by_role("menuitem", name="Share…").click()
    sheet = page.get_by_role("dialog", name=f"Share {CARD}")
    expect(sheet).to_contain_text("Nobody else has it.")
    share(page, "nobody-like-this", "viewer")
    expect(sheet.get_by_role("alert")).to_contain_text("there is no such user")
    share(page, "admin", "viewer")
    expect(sheet.get_by_role("alert")).to_contain_text("own kernel")
    share(page, "vic", "viewer")
    expect(sheet.get_by_label("What vic may")).to_have_value("viewer")
    expect(card(theirs)).to_contain_text("admin's, view only")
    sheet.get_by_label("What vic may").select_option("editor")
    expect(sheet.get_by_label("What vic may")).to_be_enabled()
    sheet.get_by_role("button", name="Do not share with vic").click()
    expect(sheet).to_contain_text("Nobody else has it.")
    expect(card(theirs)).to_have_count(0)
    page.reload()
    expect(card(page)).to_be_visible()


def test_nobody_is_added_while_it_is_not_known_who_has_it(
    page: Page, api: httpx.Client, people: People, uid: str
) -> None:
    for name in ("olga", "otto"):
        people.browser_of(name, "viewer").close()
    api.put(
        f"/kernels/{uid}/shares", json={"shares": [{"user": "olga", "role": "editor"}]}
    ).raise_for_status()
    refused = {"error": {"code": "unavailable", "message": "the database is busy", "request_id": "test"}}
    shares = "**/api/v1/kernels/*/shares"
    page.route(shares, lambda route: route.fulfill(status=503, json=refused))
    page.goto("/kernels")
    card(page).get_by_role("button", name=f"More about {CARD}").click()
    page.get_by_role("menuitem", name="Share…").click()
    sheet = page.get_by_role("dialog", name=f"Share {CARD}")
    expect(sheet.get_by_role("alert")).to_contain_text("The database is busy")
    expect(sheet.get_by_label("Name of the person")).to_have_count(0)
    page.unroute(shares)
    sheet.get_by_role("button", name="Try again").click()
    expect(sheet.get_by_label("What olga may")).to_have_value("editor")
    share(page, "otto", "viewer")
    expect(sheet.get_by_label("What otto may")).to_have_value("viewer")
    now = {one["user"]: one["role"] for one in api.get(f"/kernels/{uid}/shares").json()["shares"]}
    assert now == {"olga": "editor", "otto": "viewer"}


def test_a_viewer_sees_all_live_and_has_nothing_to_change_it_with(
    api: httpx.Client, people: People, uid: str
) -> None:
    context = people.browser_of("vera", "viewer")
    body = {"shares": [{"user": "vera", "role": "viewer"}]}
    api.put(f"/kernels/{uid}/shares", json=body).raise_for_status()
    page = context.new_page()
    page.goto("/kernels")
    expect(card(page)).to_contain_text("admin's, view only")
    for name in ("New kernel", "Start kernel", "Stop kernel", "Restart", "Interrupt"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    card(page).get_by_role("button", name=f"More about {CARD}").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Environment", "Show its log"])
    page.keyboard.press("Escape")
    page.goto(f"/kernels/{uid}?flow=-")
    expect(page.get_by_text("You see these cells as they run.")).to_be_visible()
    api.post(f"/kernels/{uid}/executions", json={"code": "print('seen by vera')"}).raise_for_status()
    expect(page.locator(".outputs")).to_have_text("seen by vera")
    for name in ("Run all", "Clear outputs", "Add a cell", "Restart namespace", "Delete cell", "Stop"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.locator(".cm-content").click()
    page.keyboard.type("spoilt")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".cm-content")).to_have_text("print('seen by vera')")
    assert len(api.get(f"/executions?kernel={uid}").json()["items"]) == 1


def test_a_share_that_ends_ends_on_the_open_page(api: httpx.Client, people: People, uid: str) -> None:
    context = people.browser_of("vito", "viewer")
    body = {"shares": [{"user": "vito", "role": "viewer"}]}
    api.put(f"/kernels/{uid}/shares", json=body).raise_for_status()
    page = context.new_page()
    page.goto(f"/kernels/{uid}?flow=-")
    expect(page.get_by_role("heading", name=CARD)).to_be_visible()
    api.put(f"/kernels/{uid}/shares", json={"shares": []}).raise_for_status()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_text("No connection to Husk")).to_have_count(0)


def test_an_editor_runs_cells_and_is_not_offered_what_is_the_owners(
    api: httpx.Client, people: People, uid: str
) -> None:
    context = people.browser_of("edith", "editor")
    body = {"shares": [{"user": "edith", "role": "editor"}]}
    api.put(f"/kernels/{uid}/shares", json=body).raise_for_status()
    cells = CellsPage(context.new_page(), uid).open()
    cells.run("print('by edith')")
    expect(cells.output(0)).to_have_text("by edith")
    cells.page.get_by_role("button", name="Clear outputs").click()
    cells.page.get_by_role("alertdialog").get_by_role("button", name="Clear outputs").click()
    expect(cells.page.locator(".outputs")).to_have_count(0)
    cells.page.get_by_role("button", name=f"More about {CARD}").click()
    expect(cells.page.get_by_role("menuitem")).to_have_text(["Clone…", "Environment", "Show its log"])
    cells.page.keyboard.press("Escape")
    cells.page.get_by_role("button", name="Stop kernel").click()
    expect(cells.page.get_by_text("This kernel is stopped.")).to_be_visible()


def test_a_kernel_of_somebody_else_is_not_found(api: httpx.Client, people: People, uid: str) -> None:
    page = people.browser_of("frank", "editor").new_page()
    for path in (f"/kernels/{uid}", "/kernels/shared-one"):
        page.goto(path)
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.goto("/kernels")
    expect(page.get_by_text("No kernel yet")).to_be_visible()
