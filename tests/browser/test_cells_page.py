"""Cells on a page: run, streamed, queued, cancelled, and there again after a reload."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext, namespace_of

SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
DEAF = (
    "import time\nprint('begun', flush=True)\nend = time.monotonic() + 60\nwhile time.monotonic() < end:\n"
    "    try: time.sleep(0.1)\n    except KeyboardInterrupt: pass"
)

COUNT_FRAMES = """() => {
  window.framesAsked = [];
  const real = window.requestAnimationFrame;
  window.requestAnimationFrame = (then) => {
    const { type, key, shiftKey } = window.event ?? {};
    if (type === "keydown") window.framesAsked.push(shiftKey && key === "Enter" ? "Shift+Enter" : key);
    return real.call(window, then);
  };
}"""
ENDLESS_IN_EDITORS = """document.getAnimations().filter((one) =>
  one.effect.getTiming().iterations === Infinity && one.effect.target.closest(".editor")).length"""


def test_shift_enter_runs_and_ctrl_enter_goes_on(cells: CellsPage) -> None:
    cells.run("kept = 40\nprint('hello')")
    expect(cells.output(0)).to_have_text("hello")
    cells.write("kept + 2")
    cells.page.keyboard.press("Control+Enter")
    expect(cells.output(1)).to_have_text("42")
    expect(cells.cell(2).locator(".cm-content")).to_be_focused()
    expect(cells.cell(0).locator(".margin")).to_contain_text("[1]")


def test_a_key_that_runs_a_cell_leaves_no_frame_to_wait_for(cells: CellsPage) -> None:
    """A browser that owes a frame after a key holds back all else until then, the answer of the cell too."""
    cells.write("'answer'")
    cells.page.evaluate(COUNT_FRAMES)
    # What was typed may still owe a frame, and while it does the editor asks for no other.
    cells.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    cells.page.keyboard.press("End")
    assert cells.page.evaluate("window.framesAsked.splice(0)") == ["End"], "the editor asks: the count works"
    cells.page.keyboard.press("Shift+Enter")
    expect(cells.output(0)).to_have_text("'answer'")
    cells.page.keyboard.press("Control+Enter")
    expect(cells.cell(1).locator(".cm-content")).to_be_focused()
    assert not {"Shift", "Control", "Shift+Enter"} & set(cells.page.evaluate("window.framesAsked"))
    assert cells.page.evaluate(ENDLESS_IN_EDITORS) == 0


def test_output_is_there_after_a_reload_and_in_another_browser(
    cells: CellsPage, new_context: NewContext
) -> None:
    cells.run("print('kept for the night')")
    expect(cells.output(0)).to_have_text("kept for the night")
    cells.page.reload()
    expect(cells.output(0)).to_have_text("kept for the night")
    elsewhere = new_context().new_page()
    elsewhere.goto(cells.page.url)
    expect(elsewhere.locator(".outputs")).to_have_text("kept for the night")


def test_a_running_cell_is_followed_by_a_page_that_comes_later(
    cells: CellsPage, new_context: NewContext
) -> None:
    code = "import time\nfor n in range(30):\n    print('line', n, flush=True)\n    time.sleep(0.1)\n'end'"
    cells.run(code)
    expect(cells.output(0)).to_contain_text("line 3")
    later = CellsPage(new_context().new_page(), "flights")
    later.page.goto(cells.page.url)
    expect(later.output(0)).to_contain_text("'end'")
    whole = "".join(f"line {n}\n" for n in range(12))
    assert later.output(0).locator("pre").first.inner_text() == whole
    cells.expect_state(0, "succeeded")


def test_a_cell_of_another_tab_is_seen_here(cells: CellsPage) -> None:
    tab = CellsPage(cells.page.context.new_page(), "flights")
    tab.page.goto(cells.page.url)
    expect(tab.add_button).to_be_visible()
    cells.run("print('from the other tab')")
    expect(tab.output(0)).to_have_text("from the other tab")
    expect(tab.all).to_have_count(1)


def test_queued_cells_say_their_position_and_can_be_taken_out(cells: CellsPage) -> None:
    cells.run(SLEEP)
    expect(cells.output(0)).to_contain_text("begun")
    cells.run("1")
    cells.run("2")
    expect(cells.output(1)).to_contain_text("1st in the queue")
    expect(cells.output(2)).to_contain_text("2nd in the queue")
    cells.output(1).get_by_role("button", name="Take out").click()
    cells.expect_state(1, "cancelled")
    expect(cells.output(2)).to_contain_text("1st in the queue")
    cells.page.get_by_role("button", name="Stop", exact=True).click()
    cells.expect_state(0, "cancelled")
    expect(cells.output(2)).to_have_text("2")


def test_kill_is_offered_when_a_cell_does_not_stop(cells: CellsPage) -> None:
    cells.run(DEAF)
    expect(cells.output(0)).to_contain_text("begun")
    cells.page.get_by_role("button", name="Stop", exact=True).click()
    notice = cells.output(0).locator(".notice")
    expect(notice).to_contain_text("the variables of all its cells are lost")
    notice.get_by_role("button", name="Kill").click()
    cells.expect_state(0, "cancelled")


def test_an_error_is_told_first_and_its_line_is_marked(cells: CellsPage) -> None:
    cells.run("a = 1\na / 0")
    cells.expect_state(0, "failed")
    expect(cells.output(0).locator(".trouble .first")).to_have_text("ZeroDivisionError: division by zero")
    expect(cells.output(0)).to_contain_text("Traceback")
    expect(cells.cell(0).locator(".failing-line")).to_have_text("a / 0")


def test_run_all_stops_at_the_first_failure(cells: CellsPage) -> None:
    for code in ("print('one')", "1 / 0", "print('three')"):
        cells.write(code)
    cells.page.get_by_role("button", name="Run all").click()
    expect(cells.output(0)).to_have_text("one")
    cells.expect_state(1, "failed")
    cells.expect_state(2, "skipped")


def test_outputs_of_a_runner_that_died_are_stale_and_those_of_the_next_are_not(cells: CellsPage) -> None:
    cells.run("kept = 1\nprint('before')")
    cells.expect_state(0, "succeeded")
    expect(cells.output(0)).to_have_text("before")
    cells.run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    expect(cells.output(0)).to_contain_text("Stale: the variables behind this output are gone.")
    cells.run("print('after')")
    expect(cells.output(2)).to_have_text("after")
    cells.page.reload()
    expect(cells.output(0)).to_contain_text("Stale")
    expect(cells.output(2)).to_have_text("after")


def test_restart_marks_outputs_stale_and_clear_is_for_good(cells: CellsPage) -> None:
    cells.run("x = 1\nprint('made x')")
    expect(cells.output(0)).to_contain_text("made x")
    cells.page.get_by_role("button", name="Restart namespace").click()
    cells.page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    expect(cells.output(0)).to_contain_text("Stale")
    cells.run("x")
    expect(cells.output(1)).to_contain_text("NameError")
    cells.page.get_by_role("button", name="Clear outputs").click()
    cells.page.get_by_role("alertdialog").get_by_role("button", name="Clear outputs").click()
    expect(cells.page.locator(".outputs")).to_have_count(0)
    cells.page.reload()
    expect(cells.all).to_have_count(2)
    expect(cells.page.locator(".outputs")).to_have_count(0)


def test_cleared_outputs_are_gone_in_every_browser(
    cells: CellsPage, new_context: NewContext, request: pytest.FixtureRequest
) -> None:
    other = CellsPage(new_context().new_page(), "flights", namespace_of(request)).open()
    cells.run("print('gone soon')")
    cells.run("1 / 0")
    expect(cells.output(1)).to_contain_text("ZeroDivisionError")
    expect(other.output(1)).to_contain_text("ZeroDivisionError")
    cells.run("import time; time.sleep(600)")
    cells.expect_state(2, "running")
    cells.page.get_by_role("button", name="Clear outputs").click()
    cells.page.get_by_role("alertdialog").get_by_role("button", name="Clear outputs").click()
    for each in (cells, other):
        expect(each.page.get_by_text("gone soon")).to_have_count(1)  # in its code
        expect(each.page.get_by_text("ZeroDivisionError")).to_have_count(0)
    fresh = CellsPage(new_context().new_page(), "flights", namespace_of(request)).open()
    fresh.expect_state(2, "running")
    expect(fresh.all).to_have_count(3)
    expect(fresh.page.get_by_text("ZeroDivisionError")).to_have_count(0)
    cells.page.get_by_role("button", name="Stop", exact=True).click()
    fresh.expect_state(2, "cancelled")


def test_what_could_not_be_erased_stays_and_is_told(cells: CellsPage) -> None:
    cells.run("print('stays')")
    cells.expect_state(0, "succeeded")
    # As where the ledger does not have its end yet: nothing is erased of it.
    cells.page.route("**/outputs", lambda route: route.fulfill(json={"cleared": 0}))
    cells.page.get_by_role("button", name="Clear outputs").click()
    cells.page.get_by_role("alertdialog").get_by_role("button", name="Clear outputs").click()
    expect(cells.page.get_by_role("alert")).to_contain_text("so they are there still")
    expect(cells.output(0)).to_have_text("stays")


def test_a_kernel_whose_restart_waits_takes_cells(cells: CellsPage) -> None:
    def waits(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        soon = {"state": "error", "error": "It was killed.", "restart_at": "2100-01-01T00:00:00Z"}
        body["items"] = [{**one, **soon} for one in body["items"]]
        route.fulfill(response=answer, json=body)

    cells.page.route("**/api/v1/kernels?*", waits)
    cells.page.reload()
    expect(cells.page.get_by_text("It is started again by itself in")).to_be_visible()
    cells.run("print('taken')")
    expect(cells.output(0)).to_have_text("taken")


def test_cells_move_and_go(cells: CellsPage) -> None:
    for code in ("first = 1", "second = 2"):
        cells.write(code)
    cells.cell(1).get_by_role("button", name="Move up").click()
    expect(cells.cell(0).locator(".cm-content")).to_have_text("second = 2")
    cells.cell(0).get_by_role("button", name="Delete cell").click()
    cells.page.reload()
    expect(cells.all).to_have_count(1)
    expect(cells.cell(0).locator(".cm-content")).to_have_text("first = 1")


def test_a_stopped_kernel_is_started_by_the_cell_that_needs_it(
    new_context: NewContext, api: httpx.Client
) -> None:
    api.post("/kernels", json={"id": "asleep"}).raise_for_status()
    cells = CellsPage(new_context().new_page(), "asleep").open()
    expect(cells.page.get_by_text("This kernel is stopped.")).to_be_visible()
    cells.run("print('awake')")
    cells.cell(0).get_by_role("button", name="Start and run").click()
    expect(cells.output(0)).to_have_text("awake")
    api.delete("/kernels/asleep")


def test_a_flood_folds_to_its_ends_and_the_page_stays_small(cells: CellsPage) -> None:
    cells.run("for n in range(100_000): print('line', n)")
    cells.expect_state(0, "succeeded")
    expect(cells.output(0)).to_contain_text("line 99999")
    expect(cells.output(0).locator(".fold").first).to_have_text(re.compile(r"more lines"))
    assert cells.page.evaluate("document.querySelectorAll('*').length") < 1500
    cells.output(0).locator(".fold").first.click()
    scroller = cells.output(0).locator(".scroller")
    scroller.evaluate("element => element.scrollTop = element.scrollHeight")
    expect(scroller).to_contain_text(re.compile(r"line \d{5}\n$"))
    assert cells.page.evaluate("document.querySelectorAll('*').length") < 1500
