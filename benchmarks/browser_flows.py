"""``python -m benchmarks.browser_flows [--nodes N] [--moves N]``: a large flow in Chromium, as a table.

A stack of its own without kernels. The longest task of the page's main thread while it opens, and while one
node, many nodes and the whole view are dragged: how long it took, and how long the processor worked on one,
which a busy machine hardly changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser_subject import Pages, Row, Task, traced
from benchmarks.subject import Stack
from tests.browser.chromium import launched

WIDE = 20
ASKED = "≤ 200 ms"


def document(count: int) -> dict[str, Any]:
    """Nodes in rows, each reading the one before it and one of the row above; one in five is SQL."""
    nodes = [
        {
            "id": f"n{number}",
            "name": f"step {number}",
            "type": "sql" if number % 5 == 0 else "python_script",
            "position": {"x": number % WIDE * 264, "y": number // WIDE * 96},
        }
        for number in range(count)
    ]
    across = [(n - 1, n) for n in range(1, count) if n % WIDE]
    down = [(n - WIDE, n) for n in range(WIDE, count)]
    wires = [{"from": f"n{a}", "to": f"n{b}", "input": f"from_{a}"} for a, b in (*across, *down)]
    return {"name": f"{count} steps", "nodes": nodes, "connections": wires}


@contextmanager
def watched(page: Page, seen: list[Task]) -> Iterator[None]:
    """Put the longest task of the block, and of what comes right after it, into ``seen``."""
    with traced(page, seen):
        yield
        page.wait_for_timeout(300)


def drag(page: Page, at: tuple[float, float], moves: int) -> None:
    """Press there, go round in a square, and let go."""
    x, y = at
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, moves + 1):
        page.mouse.move(x + step * 120 / moves, y + step * 60 / moves)
    page.mouse.up()


def middle(page: Page, node: str) -> tuple[float, float]:
    """Of a node's card on the screen."""
    box = page.locator(f'.react-flow__node[data-id="{node}"]').bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def measured(pages: Pages, flow: str, count: int, moves: int) -> list[Row]:
    """The editor of a flow: opened, one node dragged, several, the view; then a name written."""
    page = pages.context().new_page()
    page.set_default_timeout(90_000)
    seen: list[Task] = []
    with watched(page, seen):
        page.goto(f"/flows/{flow}?edit=true")
        page.locator(f'.react-flow__node[data-id="n{count - 1}"]').wait_for(state="attached")
        page.wait_for_timeout(1_000)
    with watched(page, seen):
        drag(page, middle(page, "n42"), moves)
    page.keyboard.down("Shift")
    drag(page, _empty(page, "n0"), 10)
    page.keyboard.up("Shift")
    chosen = page.locator(".react-flow__node.selected").count()
    with watched(page, seen):
        drag(page, middle(page, "n0"), moves)
    page.keyboard.press("Escape")
    with watched(page, seen):
        box = page.locator(".react-flow__pane").bounding_box()
        assert box is not None
        drag(page, (box["x"] + 6, box["y"] + box["height"] - 6), moves)
    page.get_by_label("Find a node").fill("step 7")
    page.locator(".node-list button").first.click()
    with watched(page, seen):
        page.get_by_label("Name", exact=True).press_sequentially("renamed")
    opened, one, many, view, name = (f"{task.wall:.0f} ms, {task.used:.0f} of the processor" for task in seen)
    page.context.close()
    return [
        Row(f"a flow of {count} nodes opens to be changed, longest task", opened),
        Row("one node of it is dragged, longest task", one, ASKED),
        Row(f"{chosen} nodes of it are dragged, longest task", many, ASKED),
        Row("the view of it is dragged, longest task", view, ASKED),
        Row("the name of a node of it is written, longest task", name, ASKED),
    ]


def _empty(page: Page, node: str) -> tuple[float, float]:
    """A little above and left of a node."""
    box = page.locator(f'.react-flow__node[data-id="{node}"]').bounding_box()
    assert box is not None
    return box["x"] - 4, box["y"] - 4


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--moves", type=int, default=120)
    asked = parser.parse_args()
    stack = Stack()
    try:
        with sync_playwright() as playwright, launched(playwright) as browser:
            flow = str(stack.api().call("POST", "/flows", document(asked.nodes))["id"])
            rows = measured(Pages(stack, browser), flow, asked.nodes, asked.moves)
    finally:
        stack.close()
    print("| figure | seen | asked |\n|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.seen} | {row.asked} |")


if __name__ == "__main__":
    main()
