"""Hostile text in every place, and HTML that tries to get out. What ran is told by a global of the page."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.cells import CellsPage
from tests.browser.conftest import NewContext

XSS = (
    '<img src=x onerror="window.__ran = 1"><script>window.__ran = 1</script>'
    '<svg onload="window.__ran = 1">"\'><a href="javascript:window.__ran=1">x</a>'
)
ENDED = re.compile("succeeded|failed")
TRIES = """
<p id="told">nothing</p><script>
const told = [];
const attempt = (name, what) => {
  try { const got = what(); told.push(name + (got === undefined ? "" : ":" + got)); }
  catch { told.push(name + " refused"); }
};
attempt("cookie", () => document.cookie);
attempt("storage", () => localStorage.length);
attempt("parent", () => parent.document.title);
attempt("top", () => { top.location = "/account"; });
attempt("popup", () => String(open("/account")));
attempt("form", () => {
  const form = document.createElement("form");
  form.action = "/api/v1/logout";
  form.method = "post";
  document.body.append(form);
  form.submit();
});
parent.postMessage({ husk: "height", h: 1e9 }, "*");
parent.postMessage({ type: "follow", husk: "evil", h: "<img src=x onerror=alert(1)>" }, "*");
fetch("/api/v1/me").then(() => told.push("fetch went"), () => told.push("fetch refused"))
  .finally(() => { document.getElementById("told").textContent = told.join("; "); });
</script>
"""


def ran(page: Page) -> bool:
    return bool(page.evaluate("window.__ran !== undefined"))


@pytest.mark.parametrize(
    "code",
    [
        f"print({XSS!r})",
        f"import sys; print({XSS!r}, file=sys.stderr)",
        f"raise ValueError({XSS!r})",
        f"raise type({XSS!r}, (Exception,), {{}})({XSS!r})",
        f"pl.DataFrame({{{XSS!r}: [{XSS!r}]}})",
        f"flowfile.display(1, title={XSS!r})",
        f"flowfile.log({XSS!r})",
        f"from IPython.display import display\ndisplay({{'image/svg+xml': {XSS!r}}}, raw=True)",
        f"from IPython.display import display\ndisplay({{'text/markdown': {XSS!r}}}, raw=True)",
        f"from IPython.display import display\ndisplay({{'image/png': {XSS!r}}}, raw=True)",
        f"for _ in flowfile.progress(range(2), label={XSS!r}): pass",
    ],
    ids=["stdout", "stderr", "error", "type", "table", "title", "log", "svg", "markdown", "png", "progress"],
)
def test_text_of_a_cell_is_text(cells: CellsPage, code: str) -> None:
    cells.run(code)
    expect(cells.cell(0)).to_have_attribute("class", ENDED)
    cells.page.reload()
    expect(cells.cell(0)).to_have_attribute("class", ENDED)
    assert not ran(cells.page)


def test_names_are_text(page: Page, api: httpx.Client) -> None:
    api.post("/kernels", json={"id": "hostile", "name": XSS}).raise_for_status()
    page.goto("/kernels")
    expect(page.get_by_role("article", name=XSS)).to_be_visible()
    page.goto("/kernels/hostile")
    expect(page.get_by_role("heading", level=1)).to_have_text(XSS)
    assert not ran(page)
    api.delete("/kernels/hostile")


def test_html_of_a_cell_gets_nowhere(new_context: NewContext) -> None:
    context = new_context()
    cells = CellsPage(context.new_page(), "flights", "hostile-html").open()
    cells.run(f"flowfile.display({TRIES!r})")
    told = cells.output(0).frame_locator("iframe").locator("#told")
    expect(told).to_contain_text("fetch refused")
    text = told.inner_text()
    for refused in ("cookie refused", "storage refused", "parent refused", "top refused"):
        assert refused in text, text
    assert "popup:null" in text or "popup refused" in text
    assert "/kernels/flights" in cells.page.url
    assert len(context.pages) == 1
    assert cells.output(0).locator("iframe").evaluate("frame => frame.clientHeight") <= 2000
    assert context.request.get("/api/v1/me").ok


def test_html_that_never_ends_does_not_hold_up_the_page(cells: CellsPage) -> None:
    cells.run("flowfile.display('<b>loop</b><script>for (;;) {}</script>')")
    cells.expect_state(0, "succeeded")
    cells.run("print('still here')")
    expect(cells.output(1)).to_have_text("still here")
    cells.cell(0).get_by_role("button", name="Delete cell").focus()
    cells.page.keyboard.press("Enter")
    expect(cells.all).to_have_count(1)
