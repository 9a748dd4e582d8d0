"""What the pictures of flows, runs and schedules show, and how to get there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.browser.flow_runs import Runs

FEATURES = """weather = flowfile.read_input("weather")
flights = flowfile.read_input("flights").join(weather, on="hour").collect()
flowfile.log(f"{flights.height:,} flights with the weather of their hour")
late = flights.with_columns(late=pl.col("delay") > flowfile.parameters["minutes"])
if late["wind"].null_count():
    flowfile.log("hours without wind are taken as calm", level="WARNING")
time.sleep(0.8)
flowfile.publish_output(late)
"""
TRAIN = """late = flowfile.read_input("features").collect()
for epoch in range(1, 5):
    time.sleep(0.3)
    flowfile.log(f"epoch {epoch}  loss {1 / epoch:.3f}")
if not flowfile.parameters["carrier"].isalpha():
    raise ValueError(f"no airline is called {flowfile.parameters['carrier']!r}")
flowfile.publish_artifact("model", {"weights": late["delay"].to_list()[:3]})
flowfile.publish_output(late.head(20))
"""
CHART = """worst = flowfile.read_input("worst").collect()
print(worst)
time.sleep(0.5)
flowfile.publish_output(worst)
"""
IMPORTS = "import time\n\nimport polars as pl"
NAME = "late flights by night"
NARROW = 640


def _python(node: str, name: str, *cells: str, **settings: Any) -> dict[str, Any]:
    return {"id": node, "type": "python_script", "name": name, "settings": {"cells": cells, **settings}}


def _input(node: str, name: str, path: str) -> dict[str, Any]:
    source = {"kind": "file", "path": path, "format": "json_lines"}
    return {"id": node, "type": "input", "name": name, "settings": {"source": source}}


AIRLINES = {
    "kind": "table",
    "columns": [{"name": "carrier", "type": "String"}, {"name": "airline", "type": "String"}],
    "rows": [["AA", "American Airlines"], ["B6", "JetBlue Airways"], ["UA", "United Air Lines"]],
}
WORST = """SELECT airline, count(*) AS flights, avg(delay) AS delay
FROM features JOIN airlines USING (carrier)
WHERE late GROUP BY airline
ORDER BY delay DESC  -- the worst first"""
DOCUMENT: dict[str, Any] = {
    "name": NAME,
    "default_kernel": "flights",
    "parameters": {
        "minutes": {"type": "integer", "default": 15, "description": "Late is later than this"},
        "carrier": {"type": "string", "default": "UA", "description": "Whose model is trained"},
        "since": {"type": "date", "default": "2013-07-01"},
        "publish": {"type": "boolean", "default": False, "description": "To the catalog, too"},
    },
    "nodes": [
        _input("flights", "Flights", "nightly/flights.ndjson"),
        _input("weather", "Weather", "nightly/weather.ndjson"),
        {"id": "airlines", "type": "input", "name": "Airlines", "settings": {"source": AIRLINES}},
        _python("features", "Features", IMPORTS, FEATURES, retries={"max": 2, "delay_s": 5}),
        _python("train", "Train", IMPORTS, TRAIN, timeout_s=600),
        {"id": "worst", "type": "sql", "name": "Worst airlines", "settings": {"query": WORST}},
        _python("chart", "Chart", IMPORTS, CHART),
        {
            "id": "report",
            "type": "output",
            "name": "Report",
            "settings": {"target": {"kind": "file", "path": "reports/late.csv", "format": "csv"}},
        },
    ],
    "connections": [
        {"from": "flights", "to": "features", "input": "flights"},
        {"from": "weather", "to": "features", "input": "weather"},
        {"from": "features", "to": "train", "input": "features"},
        {"from": "features", "to": "worst", "input": "features"},
        {"from": "airlines", "to": "worst", "input": "airlines"},
        {"from": "worst", "to": "chart", "input": "worst"},
        {"from": "worst", "to": "report", "input": "table"},
    ],
}
SCHEDULES: tuple[dict[str, Any], ...] = (
    {"name": "Morning report", "kind": "cron", "spec": {"cron": "30 6 * * 1-5"}, "retries": 2},
    {"name": "Every two hours", "kind": "interval", "spec": {"every_s": 7200}, "paused": True},
    {"name": "New flights", "kind": "file", "spec": {"prefix": "inbox/", "pattern": "*.csv"}},
)


def fill(api: httpx.Client) -> None:
    """A flow with runs that ended in several ways, and schedules of it."""
    carriers = ("AA", "B6", "UA")
    hours = [{"hour": hour, "wind": hour % 7 * 1.5} for hour in range(24)]
    flights = [{"carrier": carriers[n % 3], "hour": n % 24, "delay": n * 7 % 90 - 12} for n in range(5_000)]
    for name, rows in (("flights", flights), ("weather", hours)):
        lines = "\n".join(str(row).replace("'", '"') for row in rows)
        api.put(f"/files/nightly/{name}.ndjson", content=lines.encode()).raise_for_status()
    runs = Runs(api)
    flow = runs.flow(DOCUMENT)
    nightly = {"name": "nightly totals", "default_kernel": "flights", "nodes": []}
    runs.run(runs.flow(nightly))
    runs.run(flow, options={"cache": False})
    for body in SCHEDULES:
        made = api.post(f"/flows/{flow}/schedules", json={"timezone": "Europe/Amsterdam", **body})
        assert made.status_code == 201, made.text
        if body["kind"] != "file":
            fired = api.post(f"/schedules/{made.json()['id']}/trigger").raise_for_status()
            runs.ended(fired.json()["id"])
    runs.run(flow, parameters={"minutes": 30, "carrier": "U2"}, options={"cache": False})


def _open_flow(page: Page) -> None:
    page.goto("/flows")
    page.get_by_role("link", name=NAME, exact=True).click()
    expect(page.locator(".react-flow__node").nth(7)).to_be_visible()


def _open_run(page: Page, state: str, position: int = 0) -> None:
    page.goto(f"/runs?state={state}")
    page.get_by_role("link", name=f"of {NAME}").nth(position).click()
    expect(page.get_by_role("list", name="Lines")).to_be_visible()


def _flows(page: Page) -> None:
    page.goto("/flows")
    expect(page.locator("tbody tr").nth(1)).to_be_visible()


def _flow_node(page: Page) -> None:
    _open_flow(page)
    page.locator('.react-flow__node[aria-label^="Features"]').click()
    expect(page.get_by_label("Cell 2 of Features")).to_be_visible()


def _node(page: Page, panel: str) -> None:
    _flow_node(page)
    page.get_by_role("link", name="Expand editor").click()
    expect(page.get_by_label("Code of cell 2")).to_be_visible()
    page.get_by_role("complementary", name="Inspector").get_by_role("button", name=panel).first.click()


def _expanded(page: Page) -> None:
    _node(page, "Inputs")
    expect(page.get_by_role("tabpanel", name="Inputs")).to_contain_text("carrier")


def _panel_artifacts(page: Page) -> None:
    _node(page, "Artifacts")
    expect(page.get_by_role("tabpanel", name="Artifacts")).to_contain_text("Published here")


def _flow_edit(page: Page) -> None:
    _open_flow(page)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.locator('.react-flow__node[aria-label^="Worst"]').click()
    expect(page.get_by_label("Query", exact=True)).to_be_visible()


def _run_form(page: Page) -> None:
    _open_flow(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("dialog").get_by_label("minutes")).to_be_visible()


def _runs(page: Page) -> None:
    page.goto("/runs")
    expect(page.locator("tbody tr").nth(4)).to_be_visible()


def _run(page: Page) -> None:
    _open_run(page, "failed")
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()


def _run_graph(page: Page) -> None:
    _open_run(page, "failed")
    page.get_by_role("button", name="Graph", exact=True).click()
    page.locator('.react-flow__node[aria-label^="Train"]').click()
    expect(page.get_by_role("group", name="Error")).to_be_visible()


def _run_nodes(page: Page) -> None:
    _open_run(page, "succeeded", 2)
    page.get_by_role("button", name="Nodes", exact=True).click()
    page.get_by_role("button", name="Worst airlines", exact=True).click()
    expect(page.get_by_role("region", name="Outputs")).to_be_visible()


def _run_compare(page: Page) -> None:
    _open_run(page, "failed")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("list", name="Runs of this flow").get_by_role("link").last.click()
    expect(page.get_by_role("region", name="Nodes")).to_be_visible()


def _schedules(page: Page) -> None:
    page.goto("/schedules")
    expect(page.get_by_role("button", name="Morning report", exact=True)).to_be_visible()
    if page.viewport_size and page.viewport_size["width"] > NARROW:
        expect(page.locator(".fire").first).to_be_visible()


def _schedule(page: Page) -> None:
    _schedules(page)
    page.get_by_role("button", name="Morning report", exact=True).click()
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()


def _schedule_form(page: Page) -> None:
    _schedules(page)
    page.get_by_role("button", name="New schedule").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Flow", exact=True).select_option(label=NAME)
    sheet.get_by_label("Time zone").fill("Europe/Amsterdam")
    expect(sheet.get_by_text("every weekday at 06:30, Amsterdam")).to_be_visible()


PAGES: dict[str, Callable[[Page], None]] = {
    "flows": _flows,
    "flow": _open_flow,
    "flow-node": _flow_node,
    "expanded": _expanded,
    "panel-artifacts": _panel_artifacts,
    "flow-edit": _flow_edit,
    "run-form": _run_form,
    "runs": _runs,
    "run": _run,
    "run-graph": _run_graph,
    "run-nodes": _run_nodes,
    "run-compare": _run_compare,
    "schedules": _schedules,
    "schedule": _schedule,
    "schedule-form": _schedule_form,
}
