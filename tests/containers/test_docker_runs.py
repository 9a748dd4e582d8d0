"""A run of a flow over two containers: files in, SQL, files out, parameters, and what the run leaves."""

from __future__ import annotations

from typing import Any

from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

OVER = ("succeeded", "failed", "cancelled", "timed_out", "skipped")
FLIGHTS = "day,late\n2013-01-01,5\n2013-01-02,30\n"
SHOWN = "print(type(p).__name__, p, flowfile.read_first().collect()['late'].to_list())"


def node(node_id: str, kind: str, kernel: str, **settings: Any) -> dict[str, Any]:
    return {"id": node_id, "type": kind, "kernel": kernel, "settings": settings}


def file(path: Any, form: str) -> dict[str, Any]:
    return {"kind": "file", "path": path, "format": form}


def ended(docked: DockerStack, run_id: str) -> Any:
    """The run when it is over, with its nodes."""
    wait_until(lambda: docked.husk.runs.get(run_id)["state"] in OVER, 90, "the end of the run")
    return docked.husk.runs.get(run_id)


def test_a_run_goes_from_file_to_file_over_two_containers(docked: DockerStack) -> None:
    one, two = docked.ready(), docked.ready(network="isolated")
    docked.said(one, f"open(flowfile.get_shared_location('in/flights.csv'), 'w').write({FLIGHTS!r})")
    child = "import subprocess\np = flowfile.parameters['day']\nprint(subprocess.Popen(['sleep', '600']).pid)"
    flow = docked.husk.flows.create(
        {
            "name": "docked run",
            "nodes": [
                node("in", "input", one, source=file("in/flights.csv", "csv"), schema={"late": "Int16"}),
                node("sql", "sql", two, query="SELECT * FROM flights WHERE late > 15"),
                node("a", "python_script", two, cells=[child]),
                node("b", "python_script", two, cells=[SHOWN]),
                node("out", "output", one, target=file({"parameter": "where"}, "json_lines")),
            ],
            "connections": [
                {"from": "in", "to": "sql", "input": "flights"},
                {"from": "sql", "to": "a"},
                {"from": "a", "to": "b"},
                {"from": "b", "to": "out"},
            ],
            "parameters": {
                "day": {"type": "date", "default": "2013-01-31"},
                "where": {"type": "string", "default": "out/late.jsonl"},
            },
        }
    )
    run = ended(docked, docked.husk.runs.start(str(flow["id"]), {"day": "2014-02-28"})["id"])
    assert run["state"] == "succeeded", run
    nodes = {str(one["node_id"]): one for one in run["nodes"]}
    said = docked.husk.executions.get(str(nodes["b"]["execution_id"]))
    assert said["stdout"] == "date 2014-02-28 [30]\n"
    read = "print(open(flowfile.get_shared_location('out/late.jsonl')).read(), end='')"
    assert docked.said(two, read) == '{"day":"2013-01-02","late":30}'
    pid = docked.husk.executions.get(str(nodes["a"]["execution_id"]))["stdout"].strip()
    lives = f"import os; print(os.path.exists('/proc/{pid}'))"
    wait_until(lambda: docked.said(two, lives) == "False", 20, "the end of the run's child process")
    for uid in (one, two):
        docked.husk.kernels.delete(uid)
