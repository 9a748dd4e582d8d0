"""The example of ``husk up``: the flow "late flights", from real flights to a model, a chart and a table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from broker_config.wire.errors import Conflict
from web.client import Husk
from web.commands.changing import change
from web.commands.flow_files import read
from web.commands.run_screen import MARKS, line_of
from web.commands.screen import SUCCEEDED
from web.flights import FLOW, KERNELS, SHARED, Preparation
from web.stack.progress import Progress

CHART, PICTURE = "chart", "image/png"
TABLE = "flights/late_by_airline.parquet"
SCHEDULE = {"name": "every hour", "kind": "interval", "spec": {"every_s": 3600}, "paused": True}


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of the example: whether all of it succeeded, and where the dashboard shows it."""

    succeeded: bool
    landing: str | None = None


def run(url: str, token: str, data: Preparation | None, progress: Progress) -> Shown:
    """Upload the tables, run the flow, show what becomes of each node; make its schedule, which is paused.

    Raises:
        HuskError: the API refused or did not answer. Unavailable: the tables could not be made.
    """
    if data is None:
        progress.note("no example here: it is part of the checkout")
        return Shown(True)
    with Husk(url, token) as husk:
        with progress.step("example: flights into shared files"):
            for path in data.files():
                husk.files.put(f"{SHARED}{path.name}", path)
        flow_id = _saved(husk)
        with progress.step(f"example: kernels {' and '.join(KERNELS)}"):
            ensure_kernels(husk)
        with progress.step("example: flow late flights"):
            # All of it is run each time: what was done an hour ago proves nothing now.
            run_id = husk.runs.start(flow_id, options={"cache": False})["id"]
            ended = _follow(husk, run_id, progress)
        _schedule(husk, flow_id)
        return Shown(ended == SUCCEEDED and _is_all_there(husk, run_id), f"/runs/{run_id}")


def ensure_kernels(husk: Husk) -> None:
    """The example's kernels, made and running; they start beside each other."""
    for kernel, name in KERNELS.items():
        with suppress(Conflict):
            husk.kernels.create(kernel, name=name)
        husk.kernels.start(kernel)
    for kernel in KERNELS:
        change(husk, kernel, "start", {"ready", "executing"})


def _saved(husk: Husk) -> str:
    """The flow's id; a new version where the checkout's is another."""
    document = read(FLOW)
    known = next((row for row in husk.flows.list() if row["name"] == document["name"]), None)
    if known is None:
        return husk.flows.create(document)["id"]
    there = husk.flows.get(known["id"])
    if any(there[name] != value for name, value in document.items()):  # type: ignore[literal-required]
        husk.flows.save(known["id"], document, None)
    return known["id"]


def _follow(husk: Husk, run_id: str, progress: Progress) -> str:
    """The run's state at its end."""
    shown: set[str] = set()
    state = ""
    for event in husk.runs.events(run_id):
        if event["type"] == "run":
            state = event["run"]["state"]
        elif event["node"]["state"] in MARKS and event["node"]["node_id"] not in shown:
            shown.add(event["node"]["node_id"])
            progress.note(line_of(event["node"]))
    return state


def _is_all_there(husk: Husk, run_id: str) -> bool:
    """Whether the chart and the table are there, and not only said to be."""
    nodes = {node["node_id"]: node for node in husk.runs.get(run_id)["nodes"]}
    chart = husk.executions.get(str(nodes[CHART]["execution_id"]))
    table = husk.files.list(TABLE)
    return any(PICTURE in display["data"] for display in chart["displays"]) and any(table)


def _schedule(husk: Husk, flow_id: str) -> None:
    """Every hour, once somebody resumes it."""
    if any(one["name"] == SCHEDULE["name"] for one in husk.schedules.list(flow_id)):
        return
    husk.schedules.create(flow_id, SCHEDULE)
