"""Packages in the dashboard: looked at before a kernel is made, locked, updated, built while one looks on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.integration.package_index import Index, wheel
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

RESOLVED_MS = 60_000
SIZES = ({"width": 1280, "height": 860}, {"width": 390, "height": 844})


@pytest.fixture(autouse=True)
def _index(index: Index) -> None:
    """Packages that go together, and one that does not."""
    if "left" in index.projects:
        return
    for version in ("1.0", "1.1"):
        index.put("left", version, requires=["middle"])
    index.put("middle", "2.0")
    index.put("right", "1.0", requires=["middle<2"])


@pytest.fixture(autouse=True)
def _only_the_example(api: httpx.Client) -> Iterator[None]:
    yield
    for kernel in api.get("/kernels").json()["items"]:
        if kernel["id"] != "flights":
            api.delete(f"/kernels/{kernel['id']}")
    wait_until(lambda: len(api.get("/kernels").json()["items"]) == 1, 60, "the others are gone")


def made(api: httpx.Client, name: str, **fields: Any) -> dict[str, Any]:
    """A kernel that is stopped, locked."""
    answer = api.post("/kernels", json={"id": name, **fields}, timeout=80)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def new_kernel(page: Page, name: str) -> Locator:
    """The sheet that makes a kernel."""
    page.goto("/kernels")
    page.get_by_role("button", name="New kernel").click()
    page.get_by_role("textbox", name="Id", exact=True).fill(name)
    return page.get_by_role("dialog", name="New kernel")


def environment(page: Page, name: str) -> Locator:
    """The panel of a kernel's environment."""
    page.goto("/kernels")
    card(page, name).get_by_role("button", name=f"More about {name}").click()
    page.get_by_role("menuitem", name="Environment").click()
    return page.get_by_role("dialog", name=f"Environment of {name}")


@contextmanager
def hanging(index: Index, end: str) -> Iterator[None]:
    """While what ends so is asked for and not given."""
    index.trouble[end] = "hang"
    try:
        yield
    finally:
        index.trouble.pop(end)


def test_packages_are_looked_at_and_what_was_shown_is_what_the_kernel_gets(
    page: Page, api: httpx.Client, index: Index
) -> None:
    sheet = new_kernel(page, "checked")
    sheet.get_by_role("textbox", name="Packages").fill("Left >= 1, middle")
    sheet.get_by_role("button", name="Check packages").click()
    found = sheet.get_by_role("list", name="Versions found")
    expect(found.get_by_role("listitem")).to_have_text(["left 1.1", "middle 2.0"], timeout=RESOLVED_MS)
    expect(sheet.get_by_role("textbox", name="Packages")).to_have_value("left>=1, middle")
    sheet.get_by_text("All packages").click()
    expect(sheet.get_by_role("region", name="All packages")).to_contain_text("polars")
    # A newer one that comes now is not what was shown.
    index.put("left", "1.2", requires=["middle"])
    try:
        with hanging(index, "left-1.1-py3-none-any.whl"):
            sheet.get_by_role("button", name="Create and start").click()
            checked = card(page, "checked")
            expect(checked).to_contain_text("Building")
            expect(checked.get_by_role("button", name="Packages: left>=1, middle")).to_have_text("left +1")
            expect(checked.locator(".build-line")).to_contain_text("00:0")
            expect(checked.get_by_role("button", name="Restart")).to_have_count(0)
            checked.get_by_role("button", name="Stop kernel").click()
            expect(checked).to_contain_text("Stopped", timeout=RESOLVED_MS)
    finally:
        index.projects["left"].pop()
    lock = api.get("/kernels/checked/lock").json()["lock"]
    assert {"left": "1.1", "middle": "2.0"}.items() <= {
        pin["name"]: pin["version"] for pin in lock["packages"]
    }.items()


def test_a_conflict_is_told_in_uvs_words_before_anything_is_made(page: Page, api: httpx.Client) -> None:
    sheet = new_kernel(page, "never")
    sheet.get_by_role("textbox", name="Packages").fill("left, right")
    sheet.get_by_role("button", name="Check packages").click()
    alert = sheet.get_by_role("alert")
    expect(alert).to_contain_text("do not go together", timeout=RESOLVED_MS)
    expect(alert.locator("pre")).to_contain_text("middle")
    sheet.get_by_role("textbox", name="Packages").fill("left, right==1.0")
    expect(alert).to_have_count(0)
    sheet.get_by_role("button", name="Create and start").click()
    expect(sheet.get_by_role("alert").locator("pre")).to_contain_text("middle", timeout=RESOLVED_MS)
    assert api.get("/kernels/never").status_code == 404


def test_what_is_no_package_is_told_at_the_field(page: Page) -> None:
    sheet = new_kernel(page, "never")
    field = sheet.get_by_role("textbox", name="Packages")
    for text, words in (
        ("git+https://example.org/x", "repositories"),
        ("--index-url=x", "options"),
        ("a, A", "twice"),
    ):
        field.fill(text)
        expect(field).not_to_have_attribute("aria-invalid", "true")
        sheet.get_by_role("button", name="Check packages").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(sheet.get_by_role("alert")).to_contain_text(words)
    field.fill("$(id)")
    sheet.get_by_role("button", name="Create and start").click()
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_kernel_is_made_from_the_lock_of_another(page: Page, api: httpx.Client, tmp_path: Path) -> None:
    made(api, "origin", packages=["left==1.0"])
    with page.expect_download() as download:
        environment(page, "origin").get_by_role("link", name="Download the lock").click()
    assert download.value.suggested_filename == "origin-lock.txt"
    file = tmp_path / "lock.txt"
    download.value.save_as(file)
    sheet = new_kernel(page, "twin")
    sheet.locator("input[type=file]").set_input_files(file)
    expect(sheet.get_by_role("list", name="Versions found")).to_have_text("left 1.0")
    expect(sheet.get_by_role("textbox", name="Packages")).to_have_value("left==1.0")
    file.write_text("six==1.0\n")
    sheet.locator("input[type=file]").set_input_files(file)
    expect(sheet.get_by_role("alert")).to_contain_text("not a lock of Husk", ignore_case=True)
    file.write_bytes(download.value.path().read_bytes())
    sheet.locator("input[type=file]").set_input_files(file)
    expect(sheet.get_by_role("alert")).to_have_count(0)
    sheet.get_by_role("button", name="Create and start").click()
    expect(card(page, "twin")).to_be_visible()
    assert api.get("/kernels/twin").json()["lock_digest"] == api.get("/kernels/origin").json()["lock_digest"]


def test_the_panel_shows_the_lock_and_an_update_is_seen_before_it_is_taken(
    page: Page, api: httpx.Client, index: Index
) -> None:
    index.put("fast", "1.0")
    made(api, "updated", packages=["fast"])
    index.put("fast", "1.1")
    panel = environment(page, "updated")
    expect(panel).to_contain_text("by admin just now")
    pins = panel.get_by_role("region", name="Packages and their versions")
    expect(pins.get_by_role("row", name="fast")).to_contain_text("1.0")
    expect(panel).to_contain_text("It is built at the next start")
    panel.get_by_role("button", name="Look for newer versions").click()
    changes = panel.get_by_role("region", name="What an update changes")
    expect(changes.get_by_role("row")).to_have_count(2, timeout=RESOLVED_MS)
    expect(changes).to_contain_text("1.1")
    assert api.get("/kernels/updated").json()["packages"] == ["fast"]
    panel.get_by_role("button", name="Update 1 package").click()
    expect(pins.get_by_role("row", name="fast")).to_contain_text("1.1")
    panel.get_by_role("button", name="Look for newer versions").click()
    expect(panel).to_contain_text("These are the newest versions", timeout=RESOLVED_MS)


def test_an_edit_shows_what_changes_and_a_clone_has_the_lock_of_its_origin(
    page: Page, api: httpx.Client
) -> None:
    origin = made(api, "edited", packages=["left==1.0"])
    page.goto("/kernels")
    card(page, "edited").get_by_role("button", name="More about edited").click()
    page.get_by_role("menuitem", name="Clone…").click()
    page.get_by_role("button", name="Create and start").click()
    expect(card(page, "edited-2")).to_be_visible()
    assert api.get("/kernels/edited-2").json()["lock_digest"] == origin["lock_digest"]
    card(page, "edited").get_by_role("button", name="More about edited", exact=True).click()
    page.get_by_role("menuitem", name="Edit…").click()
    sheet = page.get_by_role("dialog", name="Edit edited")
    sheet.get_by_role("textbox", name="Packages").fill("left")
    sheet.get_by_role("button", name="Check packages").click()
    expect(sheet).to_contain_text("nothing changes", timeout=RESOLVED_MS)
    sheet.get_by_role("textbox", name="Packages").fill("left==1.1")
    sheet.get_by_role("button", name="Check packages").click()
    expect(sheet.get_by_role("region", name="What changes")).to_contain_text("1.1", timeout=RESOLVED_MS)
    sheet.get_by_role("button", name="Save").click()
    expect(sheet).to_have_count(0)
    assert api.get("/kernels/edited").json()["packages"] == ["left==1.1"]


def test_building_is_seen_on_the_kernels_page_and_its_failure_says_why(
    page: Page, api: httpx.Client, index: Index
) -> None:
    index.put("broken", "1.0")
    made(api, "failing", packages=["broken"])
    # Not what was locked any more.
    index.projects["broken"][0].content = wheel("broken", "1.0", {"broken.py": "VERSION = 'another'"})
    with hanging(index, "broken-1.0-py3-none-any.whl"):
        page.goto("/kernels/failing")
        page.get_by_role("button", name="Start kernel").first.click()
        expect(page.get_by_text("Its environment is being built")).to_be_visible()
        page.get_by_role("button", name="Show the build log").click()
        panel = page.get_by_role("dialog", name="Environment of failing")
        expect(panel).to_contain_text("It is being built.")
        page.keyboard.press("Escape")
        index.closing.set()
    index.closing.clear()
    expect(page.get_by_role("alert").first).to_contain_text("hash", ignore_case=True, timeout=RESOLVED_MS)
    page.get_by_role("button", name="Packages: broken").click()
    expect(panel).to_contain_text("It could not be built.")
    expect(panel.locator(".build pre")).to_contain_text("failed:")


def test_who_may_only_look_sees_the_lock_and_changes_nothing(
    stack: Stack, api: httpx.Client, new_context: NewContext
) -> None:
    row = made(api, "shown", packages=["left"])
    people = People(stack, api, new_context)
    theirs = people.browser_of("velma", "viewer").new_page()
    body = {"shares": [{"user": "velma", "role": "viewer"}]}
    api.put(f"/kernels/{row['uid']}/shares", json=body).raise_for_status()
    panel = environment(theirs, "shown")
    expect(panel.get_by_role("region", name="Packages and their versions")).to_contain_text("left")
    expect(panel.get_by_role("link", name="Download the lock")).to_be_visible()
    expect(panel.get_by_role("button", name="Look for newer versions")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
def test_sheets_and_cards_about_packages_have_no_fault(
    new_context: NewContext, api: httpx.Client, index: Index, theme: Theme
) -> None:
    moved = f"moved-{theme}"
    index.put(moved, "1.0")
    made(api, "locked", packages=[moved])
    index.put(moved, "1.1")
    for size in SIZES:
        page = new_context(color_scheme=theme, bypass_csp=True, viewport=size).new_page()
        sheet = new_kernel(page, "never")
        sheet.get_by_role("textbox", name="Packages").fill("left, middle")
        sheet.get_by_role("button", name="Check packages").click()
        sheet.get_by_text("All packages").click(timeout=RESOLVED_MS)
        page.wait_for_function(STILL)
        assert faults(page) == []
        sheet.get_by_role("textbox", name="Packages").fill("left, right")
        sheet.get_by_role("button", name="Check packages").click()
        expect(sheet.get_by_role("alert")).to_be_visible(timeout=RESOLVED_MS)
        assert faults(page) == []
        page.keyboard.press("Escape")
        panel = environment(page, "locked")
        panel.get_by_role("button", name="Look for newer versions").click()
        expect(panel.get_by_role("region", name="What an update changes")).to_be_visible(timeout=RESOLVED_MS)
        page.wait_for_function(STILL)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.close()
    with hanging(index, f"moved_{theme}-1.0-py3-none-any.whl"):
        api.post("/kernels/locked/start").raise_for_status()
        page = new_context(color_scheme=theme, bypass_csp=True).new_page()
        page.goto("/kernels")
        expect(card(page, "locked")).to_contain_text("Building")
        assert faults(page) == []
        page.goto("/kernels/locked")
        expect(page.get_by_text("Its environment is being built")).to_be_visible()
        assert faults(page) == []
        api.post("/kernels/locked/stop").raise_for_status()
        wait_until(lambda: api.get("/kernels/locked").json()["state"] == "stopped", 30, "it is stopped")
