"""Figures of notebooks' pages: a large table scrolled, many cells opened, what pages weigh."""

from __future__ import annotations

from typing import Any

from benchmarks.browser_subject import KB, Pages, Row, Task, longest_task, scripts, traced
from benchmarks.numbers import percentile
from benchmarks.subject import Subject

ROWS, COLUMNS, CELLS = 10_000, 20, 200
ROUNDS = 3
TABLE = f"""
import polars as pl
n = {ROWS}
pl.DataFrame({{
    f"column {{c}}": [
        range(n), [(r * 7 + c) % 1000 / 3 for r in range(n)], [f"text {{r * 31 % 997}}" for r in range(n)],
        [None if r % 3 else bool(r % 2) for r in range(n)],
    ][c % 4]
    for c in range({COLUMNS})
}})
"""
SCROLL = """
async (grid) => {
  const step = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  for (let n = 0; n < 90; n += 1) {
    grid.scrollTop += 180;
    if (n % 3 === 0) grid.scrollLeft += 60;
    await step();
  }
  for (const part of [0.5, 0.9, 1, 0.1]) {
    grid.scrollTop = grid.scrollHeight * part;
    grid.scrollLeft = grid.scrollWidth * part;
    await step();
  }
}
"""
OUTPUTS = (
    "print(*(f'line {n}' for n in range(30)), sep='\\n')",
    "import polars as pl\npl.DataFrame({'n': range(50), 'text': [f'row {n}' for n in range(50)]})",
    "flowfile.display('<b>HTML</b>')",
    "{'answer': 42}",
)
SEEN = """
() => new Promise((resolve) => {
  const of = (selector) => document.querySelectorAll(selector).length;
  const found = {};
  const look = () => {
    const [first] = document.querySelectorAll(".cell .output-list > *");
    if (first && first.getBoundingClientRect().height > 0) found.first ??= performance.now();
    if (of(".cell") >= CELLS && of(".cell .output-list > *") >= CELLS) found.all = performance.now();
    const done = () => resolve({ ...found, painted: performance.now() });
    if (found.all) requestAnimationFrame(() => setTimeout(done));
    else setTimeout(look, 5);
  };
  look();
})
""".replace("CELLS", str(CELLS))


def grid(pages: Pages, subject: Subject) -> list[Row]:
    """A table that is scrolled line by line, across, and by leaps."""
    context = pages.context()
    page = context.new_page()
    page.goto(f"/kernels/{subject.kernel['uid']}?flow=grid")
    page.get_by_role("button", name="Add a cell").click()
    page.locator(".cm-content").click()
    page.keyboard.insert_text(TABLE)
    page.keyboard.press("Shift+Enter")
    scroller = page.get_by_role("grid")
    scroller.get_by_role("gridcell").first.wait_for()
    page.wait_for_timeout(500)
    drawn = longest_task(page)
    cost: list[Task] = []
    with traced(page, cost):
        scroller.evaluate(SCROLL)
        page.wait_for_timeout(200)
    scrolled = longest_task(page)
    context.close()
    name = f"a table of {ROWS:,} × {COLUMNS}"
    return [
        Row(f"{name}, longest task while it is scrolled", f"{scrolled:.0f} ms", "≤ 100 ms"),
        Row("the longest such task, its CPU time", f"{max(task.used for task in cost):.0f} ms"),
        Row(f"{name}, longest task from the run until it is drawn", f"{drawn:.0f} ms"),
    ]


def opening(pages: Pages, subject: Subject) -> list[Row]:
    """A notebook whose cells all have outputs, opened with an empty cache."""
    api = subject.api
    cells = [
        {"id": f"c{n}", "kind": "code", "source": OUTPUTS[n % len(OUTPUTS)], "outputs": None}
        for n in range(CELLS)
    ]
    made = api.call("POST", "/notebooks", {"name": "many cells", "kernel": subject.name, "cells": cells})
    for cell in cells:
        asked: dict[str, Any] = {
            **{"code": cell["source"], "flow_id": made["id"], "cell_id": cell["id"], "interactive": True}
        }
        ran = api.call("POST", f"/kernels/{subject.name}/executions", asked)
        subject.until(ran["id"], "finished")
    times: list[dict[str, float]] = []
    cost: list[Task] = []
    longest = 0.0
    for _ in range(ROUNDS):
        context = pages.context()
        page = context.new_page()
        with traced(page, cost):
            page.goto(f"/notebooks/{made['id']}", wait_until="commit")
            times.append(page.evaluate(SEEN))
        longest = max(longest, longest_task(page))
        context.close()
    name = f"a notebook of {CELLS} cells with outputs, cold cache"
    return [
        Row(f"{name}, to its first output, p50", f"{percentile([t['first'] for t in times], 0.5):.0f} ms"),
        Row(
            f"{name}, to all of it, p50",
            f"{percentile([t['painted'] for t in times], 0.5):.0f} ms",
            "≤ 1.5 s",
        ),
        Row(f"{name}, longest task", f"{longest:.0f} ms"),
        Row("the longest such task, its CPU time", f"{max(task.used for task in cost):.0f} ms"),
    ]


def page_scripts(pages: Pages, subject: Subject) -> list[Row]:
    """What each kind of page loads of script, with an empty cache."""
    api = subject.api
    notebook = api.call("POST", "/notebooks", {"name": "weighed", "kernel": None, "cells": []})
    flow = api.call("POST", "/flows", {"name": "weighed", "nodes": []})
    rows = []
    for name, path in (
        ("a notebook's page", f"/notebooks/{notebook['id']}"),
        ("a flow's page", f"/flows/{flow['id']}"),
    ):
        context = pages.context()
        page = context.new_page()
        page.goto(path)
        page.locator("main").wait_for()
        # What comes later, a canvas or an editor, counts as well.
        page.wait_for_timeout(2_000)
        rows.append(Row(f"{name}, its script, compressed", f"{scripts(page) / KB:.0f} KB", "≤ 700 KB"))
        context.close()
    return rows
