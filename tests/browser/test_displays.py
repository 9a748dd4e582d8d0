"""What cells show: tables, pictures, HTML, progress, colours."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext, namespace_of

PICTURE = (
    "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2])\n"
    "flowfile.display(figure)"
)


def test_a_figure_is_a_picture(cells: CellsPage) -> None:
    cells.run(PICTURE)
    picture = cells.output(0).locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300


FIGURE = """
from IPython.display import display
figure = {
    "data": [
        {"type": "bar", "x": ["a", "b"], "y": [2, 3], "name": "<b>bars</b>"},
        {"type": "scatter", "y": [1, 4]},
    ],
    "layout": {
        "title": {"text": "<b>Sales</b> <i>of</i> <span style='color:red'>2013</span>"},
        "images": [{"source": "https://example.org/spy.png", "x": 0, "y": 1}],
        "template": {"layout": {"paper_bgcolor": "white", "plot_bgcolor": "#E5ECF6"}},
    },
}
display({"application/vnd.plotly.v1+json": figure, "text/plain": "<Figure>"}, raw=True)
"""


def test_a_plotly_figure_is_drawn_with_nothing_from_elsewhere(new_context: NewContext, request: Any) -> None:
    page = new_context(color_scheme="dark").new_page()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    cells = CellsPage(page, "flights", namespace_of(request)).open()
    assert [url for url in asked if "plotly" in url] == []
    cells.run(FIGURE)
    figure = cells.output(0).locator(".chart")
    expect(figure.locator(".bars path")).to_have_count(2)
    expect(figure.locator(".gtitle")).to_contain_text("Sales")
    assert figure.locator(".gtitle tspan").first.evaluate("e => getComputedStyle(e).fontWeight") in {
        "bold",
        "700",
    }
    paper = figure.locator(".main-svg").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert paper != "rgb(255, 255, 255)"
    figure.locator(".bars path").first.hover(force=True)  # below what takes the mouse
    expect(figure.locator(".hoverlayer .hovertext").first).to_be_visible()
    expect(page.get_by_text(re.compile("cloud|share chart", re.IGNORECASE))).to_have_count(0)
    expect(page.locator("[data-title*='Share'], [aria-label*='Share']")).to_have_count(0)
    host = page.evaluate("location.host")
    assert [url for url in asked if host not in url and not url.startswith(("data:", "blob:"))] == []


STEPS = """
from IPython.display import display
now = {"mode": "immediate", "frame": {"duration": 0}}
step = {"label": "2014", "method": "animate", "args": [["2014"], now]}
figure = {
    "data": [{"type": "bar", "x": ["a"], "y": [1]}],
    "layout": {"updatemenus": [{"type": "buttons", "buttons": [step]}]},
    "frames": [{"name": "2014", "data": [{"x": ["a", "b", "c"], "y": [3, 2, 1]}]}],
}
display({"application/vnd.plotly.v1+json": figure, "text/plain": "<Figure>"}, raw=True)
"""


def test_a_figures_buttons_lead_to_its_frames(cells: CellsPage) -> None:
    cells.run(STEPS)
    figure = cells.output(0).locator(".chart")
    expect(figure.locator(".bars path")).to_have_count(1)
    figure.locator(".updatemenu-button").click()
    expect(figure.locator(".bars path")).to_have_count(3)


@pytest.mark.parametrize("data", ["[{'type': 'scattergeo', 'lat': [1], 'lon': [2]}]", "7"])
def test_a_figure_that_cannot_be_drawn_is_told_in_words(cells: CellsPage, data: str) -> None:
    bundle = f"{{'application/vnd.plotly.v1+json': {{'data': {data}}}, 'text/plain': 'a figure'}}"
    cells.run(f"from IPython.display import display\ndisplay({bundle}, raw=True)")
    expect(cells.output(0)).to_contain_text("a figure")
    expect(cells.output(0).locator(".notice")).to_be_visible()


def test_html_is_shown_in_a_frame_as_high_as_it_is(cells: CellsPage) -> None:
    cells.run("flowfile.display('<h1>Title</h1><p style=\"height:300px\">text</p>')")
    frame = cells.output(0).frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Title")).to_be_visible()
    element = cells.output(0).locator("iframe")
    cells.page.wait_for_function("frame => frame.clientHeight > 320", arg=element.element_handle())


def test_progress_moves_and_a_carriage_return_overwrites(cells: CellsPage) -> None:
    cells.run(
        "import time\nfor n in flowfile.progress(range(20), label='Work'):\n"
        "    print(f'\\r{n + 1} of 20', end='', flush=True)\n    time.sleep(0.1)"
    )
    expect(cells.output(0).get_by_role("progressbar", name="Work")).to_be_visible()
    cells.expect_state(0, "succeeded")
    expect(cells.output(0)).to_have_text("20 of 20")


def test_colours_are_kept(cells: CellsPage) -> None:
    cells.run("print('\\x1b[31mred\\x1b[0m plain')")
    expect(cells.output(0).locator(".ansi-red")).to_have_text("red")
    expect(cells.output(0)).to_have_text("red plain")


def test_what_is_updated_changes_in_place_and_what_is_cleared_goes(cells: CellsPage) -> None:
    cells.run(
        "from IPython.display import display, clear_output\nprint('before')\nclear_output()\n"
        "handle = display('first', display_id=True)\nhandle.update('second')"
    )
    cells.expect_state(0, "succeeded")
    expect(cells.output(0)).to_have_text("second")


def test_text_beyond_what_is_kept_is_loaded_when_it_is_asked_for(cells: CellsPage) -> None:
    cells.run("for n in range(60_000): print(f'{n:060}')")
    cells.expect_state(0, "succeeded")
    lost = cells.output(0).locator(".output-skipped", has_text="of stdout are kept here")
    expect(lost).to_be_visible()
    lost.get_by_role("button", name="Load all").click()
    whole = cells.output(0).locator(".unfolded")
    expect(whole).to_contain_text("60,000 lines")
    whole.locator(".scroller").evaluate("drawn => { drawn.scrollTop = drawn.scrollHeight / 2; }")
    expect(whole.locator("pre")).to_contain_text(f"{30_000:060}")
    whole.get_by_role("button", name="Fold").click()
    expect(lost).to_be_visible()


TOP = "(cell) => Math.round(cell.getBoundingClientRect().top)"


def test_what_stands_below_stays_in_place_while_a_cell_runs_again(cells: CellsPage) -> None:
    code = "import time\nfor n in range(20):\n    print(n, flush=True)\n    time.sleep(0.02)"
    cells.run(code)
    cells.expect_state(0, "succeeded")
    below = cells.write("'below'")
    cells.cell(0).locator(".cm-content").click()
    before = below.evaluate(TOP)
    below.evaluate(
        "cell => { window.tops = new Set(); const look = () => { window.tops.add(Math.round("
        "cell.getBoundingClientRect().top)); requestAnimationFrame(look); }; look(); }"
    )
    cells.page.keyboard.press("Shift+Enter")
    cells.expect_state(0, "running")
    cells.expect_state(0, "succeeded")
    tops = cells.page.evaluate("[...window.tops]")
    # A line that says that it waits may come in between; 20 lines of 20 px would be far.
    assert max(abs(top - before) for top in tops) < 60, tops


def test_what_one_looks_at_stays_in_place_while_output_above_grows(cells: CellsPage) -> None:
    cells.run(
        "import time\ntime.sleep(1)\nfor n in range(20):\n    print(n, flush=True)\n    time.sleep(0.02)"
    )
    for _ in range(4):
        cells.write("x = 1\n" * 20)
    looked_at = cells.cell(3)
    looked_at.scroll_into_view_if_needed()
    cells.page.mouse.wheel(0, 300)
    cells.page.wait_for_timeout(100)
    before = looked_at.evaluate(TOP)
    expect(cells.output(0)).to_contain_text("19")
    cells.expect_state(0, "succeeded")
    assert abs(looked_at.evaluate(TOP) - before) <= 2


def test_long_logs_fold(cells: CellsPage) -> None:
    cells.run("for n in range(40): flowfile.log(f'record {n}')")
    output = cells.output(0)
    expect(output).to_contain_text("record 39")
    expect(output.get_by_text("record 20", exact=True)).to_have_count(0)
    output.get_by_role("button", name="16 more log lines").click()
    expect(output.get_by_text("record 20", exact=True)).to_be_visible()
