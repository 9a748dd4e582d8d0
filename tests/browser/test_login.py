"""Coming in and being shown out."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, come_in, one_time_link
from tests.integration.stack.stack_fixture import Stack

PASSWORD = "correct horse battery staple"
NOBODY: dict[str, list[object]] = {"cookies": [], "origins": []}


def fill(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_link_logs_in_once_and_its_secret_leaves_the_address(stack: Stack, new_context: NewContext) -> None:
    link = one_time_link(stack, "admin")
    page = new_context(storage_state=NOBODY).new_page()
    come_in(page, link)
    page.go_back()
    assert "link=" not in page.url
    other = new_context(storage_state=NOBODY).new_page()
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("used already or has expired")
    assert "link=" not in other.url


def test_a_link_is_not_lost_where_the_server_does_not_answer_at_first(
    stack: Stack, new_context: NewContext
) -> None:
    page = new_context(storage_state=NOBODY).new_page()
    busy = {"error": {"code": "unavailable", "message": "the database is busy", "request_id": "test"}}
    page.route("**/api/v1/login", lambda route: route.fulfill(status=503, json=busy), times=1)
    page.goto(one_time_link(stack, "admin"))
    expect(page.get_by_role("alert")).to_contain_text("The database is busy")
    assert "link=" not in page.url
    page.get_by_role("button", name="Try the link again").click()
    page.wait_for_url("**/kernels")


def test_a_password_is_set_and_then_lets_in(stack: Stack, api: httpx.Client, new_context: NewContext) -> None:
    assert api.post("/users", json={"name": "ada", "role": "editor"}).status_code == 201
    page = new_context(storage_state=NOBODY).new_page()
    come_in(page, one_time_link(stack, "ada"))
    page.goto("/account")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    fresh = new_context(storage_state=NOBODY).new_page()
    fresh.goto("/account")
    fresh.wait_for_url("**/login?next=*")
    fill(fresh, "ada", "wrong horse")
    expect(fresh.get_by_role("alert")).to_have_text("Name or password is wrong.")
    fill(fresh, "ada", PASSWORD)
    fresh.wait_for_url("**/account")
    expect(fresh.get_by_role("heading", name="ada")).to_be_visible()


def test_a_login_leads_to_no_other_site(stack: Stack, new_context: NewContext) -> None:
    secret = one_time_link(stack, "admin").partition("#")[2]
    page = new_context(storage_state=NOBODY).new_page()
    page.goto(f"/login?next=//example.org/kernels#{secret}")
    page.wait_for_url(re.compile(re.escape(stack.url) + "/kernels"))


def test_a_logout_in_one_tab_shows_the_other_out(stack: Stack, new_context: NewContext) -> None:
    context = new_context(storage_state=NOBODY)
    page, other = context.new_page(), context.new_page()
    come_in(page, one_time_link(stack, "admin"))
    other.goto("/kernels")
    expect(other.get_by_role("heading", name="Kernels")).to_be_visible()
    page.get_by_role("button", name="Account menu of admin").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.wait_for_url("**/login")
    other.wait_for_url("**/login*")


def test_a_token_is_shown_once_and_works_until_it_is_revoked(page: Page, stack: Stack) -> None:
    page.goto("/account")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("What it is for").fill("a test")
    page.get_by_role("button", name="Create token").click()
    token = page.locator(".secret").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{stack.url}/api/v1/kernels"
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 200
    page.reload()
    expect(page.get_by_role("button", name="Revoke a test")).to_be_visible()
    assert token not in page.content()
    page.get_by_role("button", name="Revoke a test").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("button", name="Revoke a test")).to_have_count(0)
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 401
