"""The page of shared files: folders, uploads, versions."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

PART = 16 * 1024 * 1024


@pytest.fixture
def tree(api: httpx.Client) -> None:
    """Some folders."""
    for path in ("walk/top.txt", "walk/a b/one.txt", "walk/a b/deep/two.txt", "walk/ä#?.txt"):
        api.put(f"/files/{path.replace('#', '%23').replace('?', '%3F')}", content=b"x").raise_for_status()


@pytest.mark.usefixtures("tree")
def test_folders_are_walked_and_the_address_says_where(page: Page) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="walk/").click()
    expect(page).to_have_url("/files?folder=walk%2F")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("a b/")
    page.get_by_role("link", name="a b/").click()
    page.get_by_role("link", name="deep/").click()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("two.txt")
    page.reload()
    expect(rows.first).to_contain_text("two.txt")
    way = page.get_by_role("navigation", name="Folder")
    way.get_by_role("link", name="walk").click()
    expect(rows).to_have_count(3)
    page.go_back()
    expect(rows.first).to_contain_text("two.txt")
    page.goto("/files?folder=walk/nothing")
    expect(page.get_by_text("Nothing is in walk/nothing/")).to_be_visible()


def test_a_file_is_uploaded_written_over_and_restored(page: Page, api: httpx.Client, tmp_path: Path) -> None:
    local = tmp_path / "report ä.csv"
    local.write_text("one")
    page.goto("/files?folder=up/")
    page.get_by_label("Files to upload").set_input_files(local)
    row = page.get_by_role("row", name="report ä.csv")
    expect(row).to_contain_text("3 B")
    local.write_text("second")
    page.get_by_label("Files to upload").set_input_files(local)
    expect(row).to_contain_text("6 B")
    expect(page.get_by_role("region", name="Uploads").get_by_text("There", exact=True)).to_have_count(2)
    page.get_by_role("button", name="Put away what has ended").click()
    expect(page.get_by_role("region", name="Uploads")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report ä.csv").click()
    assert download.value.suggested_filename == "report ä.csv"
    assert download.value.path().read_text() == "second"
    page.get_by_role("button", name="Versions of report ä.csv").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("listitem")).to_have_count(2)
    sheet.get_by_role("button", name="Restore version 1").click()
    expect(sheet.get_by_role("listitem")).to_have_count(3)
    assert api.get("/files/up/report ä.csv").text == "one"
    page.keyboard.press("Escape")
    expect(row).to_contain_text("3 B")
    page.get_by_role("button", name="Delete report ä.csv").click()
    confirm = page.get_by_role("alertdialog")
    expect(confirm).to_contain_text("3 versions stay")
    confirm.get_by_role("button", name="Delete file").click()
    # Behind an open dialog nothing has a role, a row neither.
    expect(confirm).to_have_count(0)
    expect(row).to_have_count(0)
    wait_until(lambda: api.get("/files/up/report ä.csv").status_code == 404, 15, "it is deleted")
    assert api.get("/files/up/report ä.csv?version=2").text == "second"


def test_a_large_file_goes_in_parts_and_goes_on_after_a_break(
    page: Page, api: httpx.Client, tmp_path: Path
) -> None:
    local = tmp_path / "large.bin"
    local.write_bytes(bytes(range(256)) * ((2 * PART + 512) // 256))
    sent: list[str] = []

    def break_once(route: Route) -> None:
        span = route.request.headers.get("content-range", "")
        sent.append(span)
        if span.startswith(f"bytes {PART}-") and sent.count(span) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/files/big/large.bin*", break_once)
    page.goto("/files?folder=big/")
    page.get_by_label("Files to upload").set_input_files(local)
    expect(page.get_by_role("row", name="large.bin")).to_be_visible(timeout=60_000)
    total = local.stat().st_size
    first, second, third = (f"bytes {b}-{min(b + PART, total) - 1}/{total}" for b in (0, PART, 2 * PART))
    assert sent == [f"bytes */{total}", first, second, f"bytes */{total}", second, third]
    assert len(api.get("/files/big/large.bin?versions").json()["items"]) == 1
    assert api.get("/files/big/large.bin").content == local.read_bytes()


def test_an_upload_that_is_refused_says_why_and_stays(page: Page, api: httpx.Client, tmp_path: Path) -> None:
    api.put("/files/taken/x/y.txt", content=b"x").raise_for_status()
    local = tmp_path / "x"
    local.write_text("a file where a folder is")
    page.goto("/files?folder=taken/")
    page.get_by_label("Files to upload").set_input_files(local)
    uploads = page.get_by_role("region", name="Uploads")
    expect(uploads.get_by_role("alert")).to_contain_text("folder with files in it")
    api.delete("/files/taken/x/y.txt").raise_for_status()
    uploads.get_by_role("button", name="Upload taken/x again").click()
    expect(uploads.get_by_text("There", exact=True)).to_be_visible()


def test_what_a_cell_writes_is_there_and_tells_its_cell(cells: CellsPage) -> None:
    cells.run(
        "from pathlib import Path\n"
        "Path(flowfile.get_shared_location('of-a-cell/out.txt')).write_text('hello')"
    )
    cells.expect_state(0, "succeeded")
    page = cells.page
    page.goto("/files?folder=of-a-cell/")
    page.get_by_role("button", name="Versions of out.txt").click()
    expect(page.get_by_role("dialog")).to_contain_text("by cell")


def test_an_open_page_shows_what_is_recorded_only_after_the_cell_has_ended(
    cells: CellsPage, stack: Stack
) -> None:
    page, recorder = cells.page, psutil.Process(stack.child("recorder").pid)
    recorder.suspend()
    try:
        cells.run(
            "from pathlib import Path\n"
            "Path(flowfile.get_shared_location('of-a-late-cell/out.txt')).write_text('hello')"
        )
        cells.expect_state(0, "succeeded")
        page.goto("/files?folder=of-a-late-cell/")
        expect(page.get_by_text("Nothing is in of-a-late-cell/")).to_be_visible()
    finally:
        recorder.resume()
    expect(page.get_by_role("row", name="out.txt")).to_contain_text("by a cell")


def test_a_viewer_only_looks_and_an_empty_page_teaches(
    stack: Stack, api: httpx.Client, new_context: NewContext
) -> None:
    people = People(stack, api, new_context)
    theirs = people.browser_of("kim", "viewer").new_page()
    theirs.goto("/files")
    expect(theirs.get_by_role("heading", name="No shared file yet")).to_be_visible()
    expect(theirs.get_by_role("button", name="Upload files")).to_have_count(0)
    editor = people.browser_of("lee", "editor").new_page()
    editor.goto("/files")
    expect(editor.get_by_role("button", name="Upload files")).to_be_visible()


@pytest.mark.usefixtures("tree")
def test_it_is_used_without_a_mouse(page: Page) -> None:
    page.goto("/files?folder=walk/")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="top.txt", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="top.txt")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="top.txt", exact=True)).to_be_focused()


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("theme", THEMES)
def test_it_has_no_fault(new_context: NewContext, theme: Theme) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto("/files?folder=walk/")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert faults(page) == []
    page.goto("/files?folder=walk/&file=walk/top.txt")
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    page.wait_for_function(STILL)
    assert faults(page) == []


def test_hostile_names_are_text(page: Page, api: httpx.Client) -> None:
    name = "<img src=x onerror=document.title='taken'>&amp;'\".txt"
    api.put(f"/files/odd/{quote(name, safe='')}", content=b"x").raise_for_status()
    page.goto("/files?folder=odd/")
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    expect(page).to_have_title("Files · Husk")
    assert page.locator("tbody img").count() == 0


def put(api: httpx.Client, path: str, content: bytes) -> None:
    api.put(f"/files/{path}", content=content).raise_for_status()


def test_a_file_is_looked_at_by_its_beginning_and_each_version_by_its_own(
    page: Page, api: httpx.Client
) -> None:
    put(api, "seen/a.csv", b"n,name\n1,<b>one</b>\n2,two\n")
    put(api, "seen/a.csv", b"n,name\n3,three\n")
    page.goto("/files?folder=seen/&file=seen/a.csv")
    sheet = page.get_by_role("dialog")
    grid = sheet.get_by_role("grid", name="First rows")
    expect(grid).to_contain_text("three")
    sheet.get_by_role("button", name="Look at version 1").click()
    expect(page).to_have_url(re.compile("version=1"))
    expect(grid).to_contain_text("<b>one</b>")
    put(api, "seen/b.jsonl", b'{"a": 1, "<i>b</i>": "x"}\n' * 3)
    page.goto("/files?folder=seen/&file=seen/b.jsonl")
    expect(grid).to_contain_text("<i>b</i>")
    put(api, "seen/c.txt", b"<script>document.title='taken'</script>\n" * 20_000)
    page.goto("/files?folder=seen/&file=seen/c.txt")
    expect(sheet.locator("pre.log")).to_contain_text("<script>document.title='taken'</script>")
    expect(sheet.get_by_text("The first 262 KB of 800 KB.")).to_be_visible()
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    put(api, "seen/d.png", base64.b64decode(png))
    page.goto("/files?folder=seen/&file=seen/d.png")
    page.wait_for_function("() => document.querySelector('.sheet img.picture')?.naturalWidth === 1")
    put(api, "seen/e.png", b"<svg onload=alert(1)>")
    page.goto("/files?folder=seen/&file=seen/e.png")
    expect(sheet.get_by_text("It is not the picture that its name says.")).to_be_visible()
    put(api, "seen/f.parquet", b"PAR1")
    page.goto("/files?folder=seen/&file=seen/f.parquet")
    expect(
        sheet.get_by_text('pl.scan_parquet(flowfile.get_shared_location("seen/f.parquet"))')
    ).to_be_visible()
    put(api, "seen/g.bin", b"\0\1\2")
    page.goto("/files?folder=seen/&file=seen/g.bin")
    expect(sheet.get_by_text("It holds bytes that are no text")).to_be_visible()
    expect(page).to_have_title("Files · Husk")


def test_what_others_write_and_delete_is_seen_while_one_looks(page: Page, api: httpx.Client) -> None:
    page.goto("/files?folder=theirs/")
    expect(page.get_by_text("Nothing is in theirs/")).to_be_visible()
    put(api, "theirs/new.txt", b"first")
    page.get_by_role("button", name="new.txt", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("pre.log")).to_have_text("first")
    put(api, "theirs/new.txt", b"second")
    expect(sheet.locator("pre.log")).to_have_text("second")
    api.delete("/files/theirs/new.txt").raise_for_status()
    expect(sheet.get_by_text("The file was deleted. Its versions stay")).to_be_visible()
    sheet.get_by_role("button", name="Look at version 2").click()
    expect(sheet.locator("pre.log")).to_have_text("second")
