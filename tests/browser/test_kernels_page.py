"""The page of kernels: what a person does there, and what happens elsewhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext, one_time_link
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


@pytest.fixture
def made(api: httpx.Client) -> str:
    """A kernel that is stopped."""
    api.post("/kernels", json={"id": "made", "name": "Made here", "memory_gb": 1}).raise_for_status()
    return "Made here"


@pytest.fixture(autouse=True)
def _only_the_example(api: httpx.Client) -> Iterator[None]:
    yield
    for kernel in api.get("/kernels").json()["items"]:
        if kernel["id"] != "flights":
            api.delete(f"/kernels/{kernel['id']}")
    wait_until(lambda: len(api.get("/kernels").json()["items"]) == 1, 30, "the others are gone")


def test_a_kernel_is_made_runs_stops_and_is_deleted(page: Page) -> None:
    page.goto("/kernels")
    page.get_by_role("button", name="New kernel").click()
    page.get_by_role("textbox", name="Id", exact=True).fill("fresh")
    page.get_by_role("textbox", name="Memory", exact=True).fill("1.5")
    page.get_by_role("button", name="Create and start").click()
    fresh = card(page, "fresh")
    expect(fresh).to_contain_text("Ready")
    expect(fresh).to_contain_text("2 CPU · 1.5 GB")
    expect(fresh).to_contain_text("Not isolated")
    expect(fresh.get_by_role("meter", name="Memory")).to_be_visible()
    fresh.get_by_role("button", name="Stop kernel").click()
    expect(fresh).to_contain_text("Stopped")
    fresh.get_by_role("button", name="More about fresh").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("so do shared files, with all their versions")
    dialog.get_by_role("button", name="Delete kernel").click()
    expect(fresh).to_have_count(0)


def test_what_happens_elsewhere_is_seen_without_a_reload(page: Page, api: httpx.Client, made: str) -> None:
    page.goto("/kernels")
    expect(card(page, made)).to_contain_text("Stopped")
    api.post("/kernels/made/start").raise_for_status()
    expect(card(page, made)).to_contain_text("Ready")
    api.post("/kernels/made/executions", json={"code": "import time; time.sleep(60)"}).raise_for_status()
    api.post("/kernels/made/executions", json={"code": "2"}).raise_for_status()
    expect(card(page, made)).to_contain_text("Executing")
    expect(card(page, made)).to_contain_text("1 waiting")
    expect(card(page, made)).to_contain_text("import time; time.sleep(60)")
    expect(page.get_by_role("button", name="1 running")).to_be_visible()
    card(page, made).get_by_role("button", name="Interrupt").click()
    expect(card(page, made)).to_contain_text("Nothing waits")


def test_an_error_says_what_happened_and_is_mended_by_its_button(
    page: Page, api: httpx.Client, stack: Stack, made: str
) -> None:
    page.goto("/kernels")
    card(page, made).get_by_role("button", name="Start kernel").click()
    expect(card(page, made)).to_contain_text("Ready")
    uid = api.get("/kernels/made").json()["uid"]
    _kill_kernel(stack, uid)
    expect(card(page, made)).to_contain_text("Kept: its settings, files and past output.")
    card(page, made).get_by_role("button", name="Start again").click()
    expect(card(page, made)).to_contain_text("Ready")


def _kill_kernel(stack: Stack, uid: str) -> None:
    for process in stack.processes():
        files = [Path(f"/proc/{process.pid}/fd/{number}") for number in (1, 2)]
        if any(uid in str(path.resolve()) for path in files):
            os.kill(process.pid, signal.SIGKILL)


def test_the_name_can_be_changed_always_and_limits_while_it_is_stopped(page: Page, made: str) -> None:
    page.goto("/kernels")
    card(page, made).get_by_role("button", name=f"More about {made}").click()
    page.get_by_role("menuitem", name="Edit…").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Renamed")
    page.get_by_role("textbox", name="Memory", exact=True).fill("3")
    page.get_by_role("button", name="Save").click()
    expect(card(page, "Renamed")).to_contain_text("2 CPU · 3 GB")


def test_a_clone_has_the_same_limits_and_an_id_of_its_own(page: Page, made: str) -> None:
    page.goto("/kernels")
    card(page, made).get_by_role("button", name=f"More about {made}").click()
    page.get_by_role("menuitem", name="Clone…").click()
    expect(page.get_by_role("textbox", name="Id", exact=True)).to_have_value("made-2")
    page.get_by_role("button", name="Create and start").click()
    expect(card(page, "Made here (copy)")).to_contain_text("2 CPU · 1 GB")


def test_what_the_server_refuses_is_said_at_the_field(page: Page, made: str) -> None:
    page.goto("/kernels")
    page.get_by_role("button", name="New kernel").click()
    page.get_by_role("textbox", name="Id", exact=True).fill("made")
    page.get_by_role("button", name="Create and start").click()
    expect(page.get_by_role("textbox", name="Id", exact=True)).to_have_attribute("aria-invalid", "true")


def test_who_has_no_kernel_is_told_what_one_is(
    api: httpx.Client, stack: Stack, new_context: NewContext
) -> None:
    assert api.post("/users", json={"name": "new", "role": "editor"}).status_code == 201
    page = new_context(storage_state={"cookies": [], "origins": []}).new_page()
    page.goto(one_time_link(stack, "new"))
    expect(page.get_by_text("No kernel yet")).to_be_visible()
    page.get_by_role("button", name="Create the first kernel").click()
    expect(page.get_by_role("dialog", name="New kernel")).to_be_visible()


def test_the_keyboard_finds_and_opens_a_kernel(page: Page) -> None:
    page.goto("/kernels")
    expect(card(page, "Flights of 2013")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("flights")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kernels/*")
