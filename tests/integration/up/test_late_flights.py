"""The example of `make up`: a real model, a chart and a table, and a schedule that waits to be resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks import flow_documents
from tests.integration.stack.stack_fixture import Stack
from web import flow_files
from web.commands.flow_files import read
from web.flights import FLOW


@pytest.fixture
def run(stack: Stack) -> dict[str, Any]:
    """The run of `husk up`."""
    runs = stack.json("run", "list", "--flow", "late flights")
    return dict(stack.json("run", "show", runs[-1]["id"]))


def test_the_file_is_as_an_export_would_write_it() -> None:
    flow = read(FLOW)
    assert flow_files.text_of(flow, "yaml") == FLOW.read_text()
    document = {name: flow[name] for name in flow if name != "name"}
    assert flow_documents.validate(document) == document


def test_every_node_is_told_while_it_comes_up(stack: Stack) -> None:
    for node in read(FLOW)["nodes"]:
        assert any("✓" in line and node["name"] in line for line in stack.said.splitlines()), node["name"]


def test_it_ran_on_two_kernels_and_nothing_came_from_an_earlier_run(run: dict[str, Any]) -> None:
    assert run["state"] == "succeeded"
    assert len({node["kernel_id"] for node in run["nodes"]}) == 2
    assert {node["state"] for node in run["nodes"]} == {"succeeded"}


def test_the_model_is_in_the_catalog_and_better_than_the_base_rate(stack: Stack, run: dict[str, Any]) -> None:
    (entry,) = [one for one in stack.json("artifact", "list") if one["name"] == "late_flights_model"]
    assert "AUC 0.7" in entry["description"]
    logged = json.loads(stack.husk("run", "logs", run["id"], "--node", "model", "--json").stdout)
    assert "held out" in logged[-1]["message"]


def test_the_chart_is_shown_by_its_node(stack: Stack, run: dict[str, Any]) -> None:
    (chart,) = [node for node in run["nodes"] if node["node_id"] == "chart"]
    with stack.browser() as browser:
        shown = browser.get(f"{stack.url}/api/v1/executions/{chart['execution_id']}").json()
    assert any("image/png" in display["data"] for display in shown["displays"])


def test_the_table_is_a_shared_file(stack: Stack, tmp_path: Path) -> None:
    target = tmp_path / "late.parquet"
    assert stack.husk("files", "get", "flights/late_by_airline.parquet", str(target)).returncode == 0
    table = pl.read_parquet(target)
    assert table.columns == ["airline", "flights", "late_percent", "mean_delay_minutes"]
    assert (table.height, table["flights"].sum()) == (16, 327_346)


def test_its_schedule_is_hourly_and_paused(stack: Stack) -> None:
    (schedule,) = stack.json("schedule", "list")
    assert (schedule["name"], schedule["flow_name"]) == ("every hour", "late flights")
    assert (schedule["paused"], schedule["spec"]) == (True, {"every_s": 3600})


def test_flower_shows_its_nodes_with_run_node_and_attempt_and_no_code(
    stack: Stack, run: dict[str, Any]
) -> None:
    (model,) = [node for node in run["nodes"] if node["node_id"] == "model"]
    assert model["task_url"] == f"/flower/task/{model['execution_id']}"
    with stack.browser() as browser:
        page = browser.get(f"{stack.url}{model['task_url']}").text
    for told in (run["id"], "model", "attempt"):
        assert told in page
    assert "np.linalg" not in page


def rerun(stack: Stack, *parameters: str) -> dict[str, str]:
    """Node → state of a run that is waited for."""
    done = stack.husk("flow", "run", "late flights", *parameters, "--wait", "--json", timeout_s=120)
    assert done.returncode == 0, done.stderr
    return {node["node_id"]: node["state"] for node in json.loads(done.stdout)["nodes"]}


def test_once_more_takes_over_what_is_the_same_and_publishes_and_writes_anew(stack: Stack) -> None:
    states = rerun(stack)
    assert {states[node] for node in ("flights", "features", "by_airline")} == {"cached"}
    assert {states[node] for node in ("model", "table")} == {"succeeded"}


def test_another_parameter_is_another_run(stack: Stack) -> None:
    assert rerun(stack, "--param", "late_minutes=30")["features"] == "succeeded"
