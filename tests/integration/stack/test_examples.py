"""What the guide of kernels shows, and the examples, in a whole stack with kernels of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until
from web.client import Husk
from web.commands.cells import cells_of

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
CELL_S = 120.0
BUILD_S = 180.0
LEARNS = ["scikit-learn"]
TABLES = """
orders = pl.DataFrame(
    {"id": [1, 2, 3], "customer": ["a", "b", "a"], "amount": [50.0, 150.0, 250.0], "date": ["d1", "d2", "d3"]}
)
flowfile.publish_output(orders)
flowfile.publish_output(pl.DataFrame({"customer": ["a", "b"], "country": ["NL", "DE"]}), name="customers")
"""


class World:
    """A stack with one flow: ``source`` has two outputs, ``script`` reads both, ``after`` follows it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.husk = Husk(stack.url, (stack.data_dir / "admin.token").read_text().strip())
        self.kernel = self.ready("one")
        self.flow = self.new_flow()

    def ready(self, name: str, **fields: Any) -> str:
        """A kernel that runs; its uid."""
        uid = str(self.husk.kernels.create(name, **fields)["uid"])
        self.husk.kernels.start(uid)
        self.husk.kernels.wait_ready(uid, BUILD_S)
        return uid

    def restart(self, uid: str) -> None:
        """Restart a kernel, and wait until it is ready again: at first it still is."""
        before = self.husk.kernels.get(uid)["state_since"]
        self.husk.kernels.restart(uid)

        def again() -> bool:
            now: Any = self.husk.kernels.get(uid)
            return bool(now["state"] == "ready" and now["state_since"] != before)

        wait_until(again, BUILD_S, f"{uid} is ready again")

    def new_flow(self) -> str:
        """A saved flow of its own; its id."""
        nodes = [
            {"id": name, "type": "python_script", "name": name, "kernel": None, "settings": {}}
            for name in ("source", "script", "after")
        ]
        connections = [
            {"from": "source", "output": "main", "to": "script", "input": "orders"},
            {"from": "source", "output": "customers", "to": "script", "input": "customers"},
            {"from": "script", "output": "main", "to": "after", "input": None},
        ]
        document = {"name": "examples", "nodes": nodes, "connections": connections}
        return str(self.husk.flows.create(document)["id"])

    def end(self, code: str, node: str, **fields: Any) -> dict[str, Any]:
        """Run a cell of that node to its end, however it ends; ``kernel`` and ``flow`` may be given."""
        kernel = fields.pop("kernel", self.kernel)
        fields = {"flow_id": fields.pop("flow", self.flow), "node_id": node, **fields}
        sent = self.husk.executions.submit(kernel, code, **fields)["id"]

        def over() -> dict[str, Any] | None:
            now: Any = self.husk.executions.get(sent)
            return None if now["status"] in {"queued", "running"} else now

        found = wait_until(over, CELL_S, f"{sent} ends")
        assert found is not None
        return found

    def run(self, code: str, node: str = "script", **fields: Any) -> dict[str, Any]:
        """The same of one that succeeds."""
        found = self.end(code, node, **fields)
        assert found["status"] == "succeeded", found["error"]
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = Stack(tmp_path_factory.mktemp("examples"))
    try:
        made.start()
        wait_until(lambda: "Ctrl-C" in made.said, 90, "husk up with its example, whose flights are used")
        world = World(made)
        yield world
        world.husk.close()
        made.interrupt()
    finally:
        made.sweep()


def notebook(name: str) -> list[str]:
    """Cells of one of the examples."""
    return cells_of(str(EXAMPLES / "notebooks" / f"{name}.ipynb"))


def test_a_notebook_reads_its_inputs_and_hands_tables_on(world: World) -> None:
    world.run(TABLES, "source", interactive=False)
    for cell in notebook("inputs_and_outputs"):
        last = world.run(cell)
    assert "country" in str(last["displays"])
    read = "print(flowfile.read_input().collect()['amount'].to_list())"
    assert world.run(read, "after")["stdout"] == "[150.0, 250.0]\n"
    outputs = {(one["node_id"], one["name"]): one for one in world.husk.flows.outputs(world.flow)}
    assert outputs["script", "summary"]["rows"] == 2


def test_a_notebook_shows_charts_tables_logs_and_progress(world: World) -> None:
    chart, html, table, logs, bar, value = (world.run(cell) for cell in notebook("displays"))
    assert [set(one["data"]) & {"image/png"} for one in chart["displays"]] == [{"image/png"}]
    assert chart["displays"][0]["title"] == "A chart"
    assert ["text/html" in one["data"] for one in html["displays"]] == [True, False, False]
    assert len(table["displays"]) == 1
    levels = [(one["level"], one["message"]) for one in logs["logs"]]
    assert [level for level, _ in levels] == ["INFO", "INFO", "WARNING", "ERROR", "DEBUG"]
    assert bar["stdout"] == "19900\n"
    assert len(value["displays"]) == 1


def test_a_notebook_keeps_objects_for_its_flow_and_they_outlive_a_restart(world: World) -> None:
    cells = notebook("artifacts")
    world.run(cells[0])
    world.restart(world.kernel)
    assert world.run(cells[1])["stdout"] == "DataFrame (500,)\n"
    listed = world.run(cells[2])["stdout"]
    assert "weights (node script): ndarray" in listed
    assert "as parquet" in listed
    assert world.run(cells[3])["stdout"] == "['training_data', 'weights']\n"


def in_catalog(world: World) -> list[Any]:
    """What these tests put there: the example of the stack has a model there, too."""
    return [entry for entry in world.husk.catalog.list() if entry["name"] != "late_flights_model"]


def test_a_notebook_puts_objects_into_the_catalog_in_a_run_and_warns_in_a_cell(world: World) -> None:
    cells = notebook("catalog")
    assert "published as -1" in world.run(cells[0])["stdout"]
    assert in_catalog(world) == []
    said = world.run("\n".join(cells), interactive=False)["stdout"]
    assert "2.5 3.0" in said
    assert "delay_model v2 — dict" in said
    assert "[2]" in said
    assert in_catalog(world) == []


def test_a_notebook_writes_shared_files(world: World) -> None:
    for cell in notebook("shared_files"):
        last = world.run(cell)
    assert "monthly.csv" in last["stdout"]
    # What a cell says may be read from its stream a moment before the ledger has it.
    wait_until(lambda: [one["path"] for one in world.husk.files.list("reports/")], 10, "the ledger has it")
    assert world.husk.files.get("reports/monthly.csv").startswith(b"month,orders")


def test_a_model_goes_from_one_flow_over_the_catalog_to_another_kernel(world: World) -> None:
    train, predict = (
        "\n".join(cells_of(str(EXAMPLES / "model" / f"{name}.py"))) for name in ("train", "predict")
    )
    first = world.ready("trains", packages=LEARNS)
    trained = world.run(train, "script", kernel=first, interactive=False)
    assert "in the catalog as" in trained["stdout"]
    world.restart(first)
    kept = "print(type(flowfile.read_artifact('delay_model')).__name__)"
    assert world.run(kept, "script", kernel=first)["stdout"] == "HistGradientBoostingRegressor\n"
    second = world.ready("predicts", packages=LEARNS)
    predicted = world.run(predict, "script", kernel=second, flow=world.new_flow(), interactive=False)
    assert "minutes late" in predicted["stdout"]
    (entry,) = in_catalog(world)
    assert (entry["name"], entry["version"], entry["tags"]) == ("flights_delay", 1, ["flights", "regression"])
