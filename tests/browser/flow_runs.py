"""Flows that run, as the API makes them, for the pages of flows, runs and schedules."""

from __future__ import annotations

from typing import Any

import httpx

from tests.waiting import wait_until

PATIENCE_S = 60.0
OPEN = frozenset({"queued", "running"})
TABLE = {
    "kind": "table",
    "columns": [{"name": "carrier", "type": "String"}, {"name": "delay", "type": "Int64"}],
    "rows": [["AA", 3], ["UA", 44], ["B6", 20]],
}
FEATURES = """flights = flowfile.read_input("load").collect()
flowfile.log(f"{flights.height} flights came in")
late = flights.filter(pl.col("delay") > flowfile.parameters["minutes"])
print("features made")
flowfile.publish_output(late)
"""
FAILS = "flowfile.log('a model without data', level='ERROR')\nraise ValueError('no <b>luck</b>')"
DOCUMENT: dict[str, Any] = {
    "default_kernel": "flights",
    "parameters": {"minutes": {"type": "integer", "default": 15, "description": "Late is later than this"}},
    "nodes": [
        {"id": "load", "type": "input", "name": "Load", "settings": {"source": TABLE}},
        {
            "id": "features",
            "type": "python_script",
            "name": "Features",
            "settings": {"cells": ["import polars as pl", FEATURES]},
        },
        {
            "id": "worst",
            "type": "sql",
            "name": "Worst",
            "settings": {"query": "SELECT carrier, delay FROM features ORDER BY delay DESC"},
        },
        {"id": "train", "type": "python_script", "name": "Train", "settings": {"cells": [FAILS]}},
        {"id": "score", "type": "python_script", "name": "Score", "settings": {"cells": ["1"]}},
    ],
    "connections": [
        {"from": "load", "to": "features", "input": "load"},
        {"from": "features", "to": "worst", "input": "features"},
        {"from": "features", "to": "train"},
        {"from": "train", "to": "score"},
    ],
}


def document(name: str, **settings: str) -> dict[str, Any]:
    """The flow that fails in the middle; ``settings`` are other cells of its nodes."""
    nodes = [
        {**node, "settings": {"cells": [settings[node["id"]]]}} if node["id"] in settings else node
        for node in DOCUMENT["nodes"]
    ]
    return {**DOCUMENT, "name": name, "nodes": nodes}


def one_node(name: str, code: str, kernel: str = "flights") -> dict[str, Any]:
    """A flow of one node."""
    node = {"id": "only", "type": "python_script", "name": "Only", "settings": {"cells": [code]}}
    return {"name": name, "default_kernel": kernel, "nodes": [node]}


class Runs:
    """Makes flows and runs them."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def flow(self, body: dict[str, Any]) -> str:
        """A new flow's id."""
        answer = self._api.post("/flows", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def start(self, flow: str, **wish: Any) -> str:
        """A new run's id."""
        answer = self._api.post(f"/flows/{flow}/runs", json=wish)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def ended(self, run: str) -> dict[str, Any]:
        """The run, once it has ended."""
        found: dict[str, Any] = {}

        def over() -> bool:
            found.update(self._api.get(f"/runs/{run}").raise_for_status().json())
            return found["state"] not in OPEN

        wait_until(over, PATIENCE_S, f"run {run} has ended")
        return found

    def run(self, flow: str, **wish: Any) -> str:
        """A new run that has ended; its id."""
        made = self.start(flow, **wish)
        self.ended(made)
        return made
