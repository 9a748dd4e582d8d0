"""The admins' pages: who has an account, who changed what, what kernels run in."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.people import NOBODY, People
from tests.integration.stack.stack_fixture import Stack


@pytest.fixture
def people(stack: Stack, api: httpx.Client, new_context: NewContext) -> People:
    return People(stack, api, new_context)


def test_a_user_is_made_and_comes_in_by_a_link_that_is_shown_once(
    page: Page, new_context: NewContext
) -> None:
    page.goto("/system/users")
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("admin")
    dialog.get_by_role("button", name="Create user").click()
    expect(dialog.get_by_role("alert")).to_contain_text("there is a user 'admin' already")
    dialog.get_by_label("Name").fill("husk")
    dialog.get_by_role("button", name="Create user").click()
    expect(dialog.get_by_role("alert")).to_contain_text("what the audit calls Husk itself")
    dialog.get_by_label("Name").fill("grace")
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_role("button", name="Create user").click()
    link = page.locator(".secret").inner_text()
    page.reload()
    expect(page.get_by_role("cell", name="grace", exact=True)).to_be_visible()
    assert link not in page.content()
    theirs = new_context(storage_state=NOBODY).new_page()
    theirs.goto(link)
    expect(theirs.get_by_text("Nothing is shared with you yet")).to_be_visible()


def test_a_user_gets_another_role_and_a_disabled_one_is_shown_out(page: Page, people: People) -> None:
    theirs = people.browser_of("heidi", "viewer").new_page()
    theirs.goto("/kernels")
    expect(theirs.get_by_role("heading", name="Kernels")).to_be_visible()
    page.goto("/system/users")
    page.get_by_label("Role of heidi").select_option("editor")
    page.get_by_role("button", name="Change role").click()
    expect(page.get_by_label("Role of heidi")).to_have_value("editor")
    theirs.wait_for_url("**/login*")
    page.get_by_role("button", name="Disable heidi").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Open heidi")).to_be_visible()
    expect(page.get_by_role("button", name="Login link for heidi")).to_have_count(0)
    page.get_by_role("button", name="Open heidi").click()
    expect(page.get_by_role("button", name="Disable heidi")).to_be_visible()
    # One's own account is changed by another admin.
    expect(page.get_by_label("Role of admin")).to_have_count(0)


def test_the_audit_is_narrowed_by_its_address_and_paged(page: Page, api: httpx.Client) -> None:
    for number in range(60):
        api.put(f"/files/audit/{number}.txt", content=b"x").raise_for_status()
    page.goto("/system/audit?action=file.write")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("audit/59.txt")
    page.get_by_role("button", name="Older changes").click()
    expect(rows.nth(59)).to_contain_text("audit/0.txt")
    page.get_by_label("Did").select_option("user.create")
    expect(page).to_have_url("/system/audit?action=user.create")
    page.get_by_label("Who").select_option("admin")
    page.get_by_label("From").fill("2100-01-01")
    expect(page.get_by_text("No change is like this.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(rows.first).to_be_visible()


def test_the_audit_tells_what_husk_did_by_itself(page: Page) -> None:
    page.goto("/system/audit")
    expect(page.get_by_text("what husk did to kernels by itself")).to_be_visible()
    for action in ("kernel.idle_stop", "kernel.auto_restart", "kernel.gave_up"):
        page.get_by_label("Did").select_option(action)
        expect(page).to_have_url(f"/system/audit?action={action}")
    page.get_by_label("Who").select_option("husk")
    expect(page).to_have_url("/system/audit?action=kernel.gave_up&actor=husk")


def test_the_audit_shows_what_was_done_to_one_kernel(page: Page, api: httpx.Client) -> None:
    uid = api.get("/kernels/flights").json()["uid"]
    api.patch(f"/kernels/{uid}", json={"name": "Flights of 2013"}).raise_for_status()
    page.goto("/system/audit")
    page.get_by_label("Kernel", exact=True).fill("flights")
    page.get_by_label("Kernel", exact=True).press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("kernel.change")
    expect(page.locator("tbody tr").first).to_contain_text(uid)
    page.reload()
    expect(page.get_by_label("Kernel", exact=True)).to_have_value("flights")


def test_an_admin_sees_what_kernels_run_in(page: Page) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="System").click()
    page.get_by_role("link", name="Runtime").click()
    expect(page.get_by_role("heading", name="What kernels run in")).to_be_visible()
    expect(page.get_by_text("Not isolated", exact=True)).to_be_visible()


def test_who_is_no_admin_is_told_so(people: People) -> None:
    page = people.browser_of("ivan", "editor").new_page()
    page.goto("/kernels")
    expect(page.get_by_role("link", name="System")).to_have_count(0)
    for path in ("/system", "/system/dead-letters", "/system/users", "/system/audit"):
        page.goto(path)
        expect(page.get_by_role("heading", name="This page is for admins")).to_be_visible()
