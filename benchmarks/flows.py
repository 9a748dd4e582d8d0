"""``python -m benchmarks.flows``: runs of flows, a chain beside Prefect's tasks in the same run.

A process stack of its own. Times are of the runs' own record: from the request to the end that it tells.
Prefect is installed at the version below into an environment made for it, and has a server of its own as it
comes: its tasks run in the flow's process, Husk's nodes each in a kernel, with inputs, outputs and a record.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks import pages
from benchmarks.api import Api
from benchmarks.numbers import Figure, table
from benchmarks.run import machine
from benchmarks.subject import Stack, Subject

HEADING = "Runs of flows"
PREFECT = "3.9.1"
CHAIN = 40
LONGEST_S = 300.0
LOOK_S = 0.1
HELD_S = 8.0
ENDED = {"succeeded", "failed", "cancelled", "timed_out", "skipped"}
PREFECT_CODE = """
import time
from prefect import flow, task

@task
def add(x):
    return x + 1

@flow
def chain(count):
    x = 0
    for _ in range(count):
        x = add(x)
    return x

chain(2)
began = time.perf_counter()
chain({count})
print("took", time.perf_counter() - began)
"""


class Prefect:
    """Prefect in an environment below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._python = folder / "env" / "bin" / "python"
        for argv in (
            ["venv", "--quiet", "--python", sys.executable, str(folder / "env")],
            ["pip", "install", "--quiet", "--python", str(self._python), f"prefect=={PREFECT}"],
        ):
            subprocess.run([sys.executable, "-m", "uv", *argv], check=True, timeout=600)

    def chain(self) -> float:
        """Seconds of a warm chain: flow, server and all."""
        own = {"PREFECT_HOME": str(self._folder / "home"), "PREFECT_LOGGING_LEVEL": "ERROR"}
        own["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "180"  # its first start makes its tables
        done = subprocess.run(
            [str(self._python), "-c", PREFECT_CODE.format(count=CHAIN)],
            env={**os.environ, **own, "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        return float(next(line for line in done.stdout.splitlines() if line.startswith("took")).split()[1])


class Lab:
    """Kernels that are ready, and flows on them."""

    def __init__(self, stack: Stack, kernels: Sequence[Subject]) -> None:
        self._stack = stack
        self.kernels = [kernel.name for kernel in kernels]

    @property
    def api(self) -> Api:
        """A fresh connection: one that was idle while Prefect ran has been closed."""
        return self._stack.api()

    def flow(self, name: str, nodes: list[dict[str, Any]], edges: Sequence[tuple[str, str]]) -> str:
        """A saved flow; its id."""
        connections = [{"from": source, "to": target} for source, target in edges]
        document = {"name": name, "nodes": nodes, "connections": connections}
        return str(self.api.call("POST", "/flows", document)["id"])

    def begin(self, flow_id: str, **options: Any) -> str:
        """A run of which no node is taken from an earlier one; its id."""
        asked = {"options": {"cache": False, **options}}
        return str(self.api.call("POST", f"/flows/{flow_id}/runs", asked)["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        """The record of a run that has succeeded."""
        deadline = time.monotonic() + LONGEST_S
        api = self.api
        while (run := api.call("GET", f"/runs/{run_id}"))["state"] not in ENDED:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the run {run_id} does not end")
            time.sleep(LOOK_S)
        if run["state"] != "succeeded":
            raise RuntimeError(f"the run {run_id} is {run['state']}: {run['error']}")
        return dict(run)


def took(run: dict[str, Any]) -> float:
    """Seconds from a run's request to its end."""
    return seconds(run["finished_at"]) - seconds(run["created_at"])


def seconds(given: Any) -> float:
    """A time of the API in unix seconds."""
    from datetime import datetime

    return float(given) if isinstance(given, int | float) else datetime.fromisoformat(given).timestamp()


def node(node_id: str, code: str, kernel: str) -> dict[str, Any]:
    """A Python Script node."""
    return {"id": node_id, "kernel": kernel, "settings": {"cells": [code]}}


def chains(lab: Lab, prefect: Prefect, rounds: int) -> Figure:
    """A chain of trivial nodes on one warm kernel."""
    ids = [f"n{n}" for n in range(CHAIN)]
    edges = list(itertools.pairwise(ids))
    flow_id = lab.flow("chain", [node(one, "1", lab.kernels[0]) for one in ids], edges)
    lab.ended(lab.begin(flow_id))
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(took(lab.ended(lab.begin(flow_id))))
        theirs.append(prefect.chain())
    what = f"a chain of {CHAIN} trivial nodes on one warm kernel; beside it {CHAIN} trivial tasks of Prefect"
    return Figure(f"{what} {PREFECT}", "s", ours, theirs, "≤ 1.0 s")


def sleepers(lab: Lab, rounds: int, width: int = 20, length: int = 10, sleep_s: float = 0.1) -> Figure:
    """Columns of nodes that sleep, spread over all kernels."""
    nodes, edges = [], []
    for column in range(width):
        for n in range(length):
            kernel = lab.kernels[(column + n) % len(lab.kernels)]
            nodes.append(node(f"c{column}n{n}", f"import time; time.sleep({sleep_s})", kernel))
            if n:
                edges.append((f"c{column}n{n - 1}", f"c{column}n{n}"))
    flow_id = lab.flow("sleepers", nodes, edges)
    times = [took(lab.ended(lab.begin(flow_id, max_parallel=width))) for _ in range(rounds)]
    count = width * length
    bound = 1.3 * max(length * sleep_s, count * sleep_s / len(lab.kernels)) + 0.025 * count
    what = f"{count} nodes that sleep {sleep_s:g} s, {width} wide, on {len(lab.kernels)} kernels"
    return Figure(what, "s", times, (), f"≤ {bound:.1f} s")


def crowd(lab: Lab, count: int = 50, length: int = 5) -> list[Figure]:
    """Many runs at once, equal ones on each kernel."""
    ids = [f"n{n}" for n in range(length)]
    code = "flowfile.publish_output(pl.DataFrame({'x': [1, 2, 3]}))"
    flow_ids = [
        lab.flow(
            f"crowd on {kernel}", [node(one, code, kernel) for one in ids], list(itertools.pairwise(ids))
        )
        for kernel in lab.kernels
    ]
    # All of them are there before the first node begins: they are asked for one after the other.
    for kernel in lab.kernels:
        lab.api.call("POST", f"/kernels/{kernel}/executions", {"code": f"import time; time.sleep({HELD_S})"})
    made = [lab.begin(flow_ids[n % len(flow_ids)]) for n in range(count)]
    records = [lab.ended(run_id) for run_id in made]
    first = min(seconds(one["started_at"]) for run in records for one in run["nodes"])
    last = max(seconds(run["finished_at"]) for run in records)
    worst = max(unfairness([run for run in records if run["flow_id"] == flow_id]) for flow_id in flow_ids)
    what = f"{count} runs at once of a flow of {length} nodes on {len(lab.kernels)} kernels"
    return [
        Figure(f"{what}: runs a minute", "/min", [60 * count / (last - first)]),
        Figure(
            "of these, completed nodes of equal runs on one kernel when the first of them ends: max/min",
            *("×", [worst], (), "≤ 1.5"),
        ),
    ]


def unfairness(records: Sequence[dict[str, Any]]) -> float:
    """Most to fewest completed nodes at the moment at which the first of these runs ends."""
    moment = min(seconds(run["finished_at"]) for run in records)
    done = [sum(seconds(one["finished_at"]) <= moment for one in run["nodes"]) for run in records]
    return max(done) / max(min(done), 0.5)


def measure(options: argparse.Namespace) -> list[Figure]:
    """Every figure."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="husk-bench-prefect-")))
        prefect = Prefect(folder)
        stack = held.enter_context(closing(Stack(HUSK_RUNTIME="process")))
        names = [f"k{n}" for n in range(options.kernels)]
        lab = Lab(stack, [Subject(stack, name) for name in names])  # the stack ends them
        return [chains(lab, prefect, options.rounds), sleepers(lab, options.rounds), *crowd(lab)]


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kernels", type=int, default=4)
    parser.add_argument("--write", action="store_true", help=f"write its section of {Path(pages.PAGE).name}")
    options = parser.parse_args()
    text = table(measure(options), "Husk", "Prefect")
    sys.stdout.write(text)
    if options.write:
        pages.write_section(HEADING, _section(text, " ".join(sys.argv[1:])))
    return 0


def _section(text: str, given: str) -> str:
    return f"""`make bench-flows` runs `python -m benchmarks.flows {given}`: one run, medians.
Prefect {PREFECT} comes with a server of its own, and takes turns with Husk.

{machine()}

{text}"""


if __name__ == "__main__":
    sys.exit(main())
