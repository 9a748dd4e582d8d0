"""The web process dies, the line is cut: every page catches up by itself, each event once and in order."""

from __future__ import annotations

import signal

import psutil
from playwright.sync_api import expect

from tests.browser.cells import CellsPage
from tests.integration.stack.stack_fixture import Stack

COUNT = (
    "import time\nfor n in range(80):\n    print('line', n, flush=True)\n    time.sleep(0.1)\n"
    "print('the end')"
)


def test_a_killed_web_process_costs_no_line_and_doubles_none(cells: CellsPage, stack: Stack) -> None:
    cells.run(COUNT)
    expect(cells.output(0)).to_contain_text("line 5")
    # What streams is looked at before the whole result comes, which would mend anything.
    cells.page.evaluate(
        """() => {
          window.__seen = [];
          const outputs = document.querySelector(".outputs");
          new MutationObserver(() => {
            const lines = outputs.innerText.match(/line \\d+/g) ?? [];
            window.__seen.push(lines.at(-1));
          }).observe(outputs, { subtree: true, childList: true, characterData: true });
        }"""
    )
    stack.child("web").send(signal.SIGKILL)
    expect(cells.output(0)).to_contain_text("the end")
    seen = [int(told.split()[1]) for told in cells.page.evaluate("window.__seen.filter(Boolean)")]
    assert seen == sorted(seen)
    cells.output(0).locator(".fold").click()
    text = cells.output(0).locator(".scroller").inner_text()
    assert [line for line in text.splitlines() if line.startswith("line")][:5] == [
        f"line {n}" for n in range(5)
    ]
    expect(cells.output(0)).to_contain_text("81 lines")
    stack.wait_until_it_answers()


def test_a_cell_that_could_not_be_sent_is_sent_again_once(cells: CellsPage) -> None:
    cells.page.context.set_offline(True)
    cells.run("print('sent once')")
    again = cells.cell(0).get_by_role("button", name="Send again")
    expect(again).to_be_visible()
    cells.page.context.set_offline(False)
    again.click()
    expect(cells.output(0)).to_have_text("sent once")
    expect(cells.cell(0).locator(".margin")).to_contain_text("[1]")


def test_a_page_without_a_line_says_so_and_catches_up(cells: CellsPage, stack: Stack) -> None:
    notice = cells.page.get_by_text("No connection to Husk.")
    web = psutil.Process(stack.child("web").pid)
    wrapper = web.parent()
    assert wrapper is not None
    # Who would start it again holds still, so that it is away for as long as this takes. The master dies
    # before its worker, or it would have the time to make another one.
    wrapper.suspend()
    try:
        workers = web.children(recursive=True)
        for process in (web, *workers):
            process.kill()
        expect(notice).to_be_visible()
    finally:
        wrapper.resume()
        stack.wait_until_it_answers()
    expect(notice).to_have_count(0)
    cells.run("print('back')")
    expect(cells.output(0)).to_have_text("back")
