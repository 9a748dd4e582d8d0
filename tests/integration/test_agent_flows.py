"""Outputs, artifacts and the catalog through real kernels, desk and store, on a quiet day."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tasks.cancelling import cancel
from tasks.ledger.artifacts import CELLS
from tests.integration.flow_rows import document
from tests.integration.flow_world import FlowWorld, flow_world
from tests.integration.kernel_fixture import LIMITS, KernelUnderTest
from tests.integration.weed import read
from tests.waiting import wait_until

MB = 1_000_000
WRITE = "import polars as pl\nflowfile.publish_output(pl.DataFrame({'n': range(%d)}).lazy())"
READ = "print(flowfile.read_input().select(pl.col('n').sum()).collect().item())"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowWorld]:
    with flow_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module")
def kernel(world: FlowWorld) -> Iterator[KernelUnderTest]:
    with world.kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def other(world: FlowWorld) -> Iterator[KernelUnderTest]:
    with world.kernel() as kernel:
        yield kernel


def kept(kernel: KernelUnderTest) -> set[str]:
    """Sums of what a kernel keeps."""
    return {path.name for path in (kernel.folder / "agent" / "content").iterdir()}


@pytest.mark.parametrize("rows", [1_000, 3_000_000])
def test_what_a_node_writes_is_read_by_the_next_on_any_kernel(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest, rows: int
) -> None:
    flow = world.flow(document("ab", "ab"))
    world.run(kernel, WRITE % rows, flow, "a")
    output = world.outputs(flow)["a", "main"]
    assert (output.rows, output.columns) == (rows, [{"name": "n", "type": "Int64"}])
    assert output.sha256 in kept(kernel)
    for one in (kernel, other):
        assert world.run(one, READ, flow, "b") == f"{sum(range(rows))}\n"
    assert world.outputs(flow)["b", "main"].passed_through


def test_an_artifact_is_what_it_was_when_published_on_any_kernel(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    flow = world.flow(document("ab", "ab"))
    code = """
import numpy
a = numpy.arange(4_000_000, dtype=float)
flowfile.publish_artifact('array', a)
a[:] = 0
flowfile.publish_artifact('small', {'x': None})
print(flowfile.read_artifact('array').sum(), flowfile.read_artifact('small'))
"""
    expected = f"{float(sum(range(4_000_000)))} {{'x': None}}\n"
    assert world.run(kernel, code, flow, "a") == expected
    rows = world.artifacts(flow)
    assert set(rows) == {"array", "small"}
    assert rows["array"].size > 32 * MB
    read = "print(flowfile.read_artifact('array').sum(), flowfile.read_artifact('small'))"
    for one in (kernel, other):
        assert world.run(one, read, flow, "b") == expected
    assert rows["array"].sha256 in kept(other)


def test_cells_keep_their_artifacts_however_they_end_and_outputs_when_they_succeed(
    world: FlowWorld, kernel: KernelUnderTest
) -> None:
    flow = world.flow(document("a"))
    code = f"flowfile.publish_artifact('kept', 1)\n{WRITE % 3}\n1 / 0"
    assert world.fails(kernel, code, flow, "a", interactive=True)["type"] == "ZeroDivisionError"
    assert set(world.artifacts(flow, CELLS)) == {"kept"}
    assert world.outputs(flow) == {}
    assert world.cell(kernel, f"{WRITE % 3}\nprint(flowfile.read_artifact('kept'))", flow, "a") == "1\n"
    assert set(world.outputs(flow)) == {("a", "main")}


def test_a_run_that_failed_leaves_all_as_it_was(world: FlowWorld, kernel: KernelUnderTest) -> None:
    flow = world.flow(document("a"))
    world.run(kernel, f"flowfile.publish_artifact('x', 'first')\n{WRITE % 3}", flow, "a")
    code = f"flowfile.publish_artifact('x', 'second')\nflowfile.publish_artifact('y', 2)\n{WRITE % 5}\n1 / 0"
    assert world.fails(kernel, code, flow, "a")["type"] == "ZeroDivisionError"
    assert world.outputs(flow)["a", "main"].rows == 3
    assert world.run(kernel, "print(flowfile.read_artifact('x'))", flow, "a") == "first\n"


def test_what_a_run_does_not_publish_again_is_gone_when_it_has_succeeded(
    world: FlowWorld, kernel: KernelUnderTest
) -> None:
    flow = world.flow(document("a"))
    world.run(kernel, "flowfile.publish_artifact('x', 1); flowfile.publish_artifact('y', 2)", flow, "a")
    world.run(kernel, "flowfile.publish_artifact('x', flowfile.read_artifact('y'))", flow, "a")
    assert set(world.artifacts(flow)) == {"x"}
    world.run(kernel, "pass", flow, "a")
    assert world.artifacts(flow) == {}


def test_names_belong_to_their_node_until_they_are_deleted(world: FlowWorld, kernel: KernelUnderTest) -> None:
    flow = world.flow(document("ab", "ab"))
    world.run(kernel, "flowfile.publish_artifact('x', 1)", flow, "a")
    error = world.fails(kernel, "flowfile.publish_artifact('x', 2)", flow, "b")
    assert error["type"] == "ValueError"
    assert "node 'Node a' (a)" in error["message"]
    twice = "flowfile.publish_artifact('z', 1)\nflowfile.publish_artifact('z', 2)"
    assert "published already in this run" in world.fails(kernel, twice, flow, "b")["message"]
    code = "flowfile.delete_artifact('x')\nflowfile.publish_artifact('x', 2)"
    row = world.ended(kernel, world.send(kernel, code, flow, "b"))
    assert row.status == "succeeded"
    assert world.artifacts(flow)["x"].node_id == "b"
    missing = world.fails(kernel, "flowfile.read_artifact('xx')", flow, "b")
    assert (missing["type"], "'x'" in missing["message"]) == ("KeyError", True)


def test_a_declared_output_that_is_missing_fails_the_run(world: FlowWorld, kernel: KernelUnderTest) -> None:
    flow = world.flow(document("a", a={"outputs": ["main", "rest"]}))
    error = world.fails(kernel, WRITE % 3, flow, "a")
    assert error["type"] == "ValueError"
    assert "'rest'" in error["message"]
    assert world.outputs(flow) == {}


def test_a_result_says_what_was_written_published_and_deleted(
    world: FlowWorld, kernel: KernelUnderTest
) -> None:
    flow = world.flow(document("a"))
    world.run(kernel, "flowfile.publish_artifact('old', 1)", flow, "a")
    code = f"flowfile.delete_artifact('old')\nflowfile.publish_artifact('new', 1)\n{WRITE % 3}"
    execution_id = world.send(kernel, code, flow, "a")
    result = kernel.result(execution_id)
    assert [(one["name"], one["rows"]) for one in result.outputs] == [("main", 3)]
    assert [one["name"] for one in result.artifacts_published] == ["new"]
    assert result.artifacts_deleted == ["old"]
    said = [e.body for e in kernel.events(execution_id, "out") if e.type in {"output", "artifact"}]
    assert [(one.TYPE, one.name) for one in said] == [
        ("artifact", "old"), ("artifact", "new"), ("output", "main"),
    ]  # fmt: skip


def test_a_loose_notebook_keeps_artifacts_of_its_own(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    assert world.cell(kernel, "flowfile.publish_artifact('loose', 5)") == ""
    assert world.cell(kernel, "print(flowfile.read_artifact('loose'))") == "5\n"
    error = world.fails(other, "flowfile.read_artifact('loose')", interactive=True)
    assert error["type"] == "KeyError"


def test_a_cell_that_calls_nothing_leaves_no_file_and_asks_nobody(
    world: FlowWorld, kernel: KernelUnderTest
) -> None:
    desk = world.plane.processes["desk"].pid
    os.kill(desk, signal.SIGSTOP)  # what it has not answered stays on the stream
    try:
        began = time.time()
        assert world.cell(kernel, "print(1)", "f1", "n") == "1\n"
        assert world.run(kernel, "print(1)") == "1\n"
        assert [one for one in kernel.events(None, "requests") if one.at > began] == []
    finally:
        os.kill(desk, signal.SIGCONT)
    # The result comes first, then what it took is forgotten.
    wait_until(lambda: not kernel.staged(), 5, "nothing is left")


def test_bytes_that_were_flipped_in_the_store_are_found_and_said(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    flow = world.flow(document("ab", "ab"))
    world.run(kernel, "flowfile.publish_artifact('x', b'1' * 100)", flow, "a")
    row = world.artifacts(flow)["x"]
    data = bytearray(read(world.weed.store, str(row.object_key)))
    data[50] ^= 1
    world.weed.store.put_bytes(str(row.object_key), bytes(data))
    error = world.fails(other, "flowfile.read_artifact('x')", flow, "b")
    assert error["type"] == "ValueError"
    assert row.sha256 in error["message"]
    assert hashlib.sha256(data).hexdigest() in error["message"]
    assert world.artifacts(flow)["x"].damaged
    assert read(world.weed.store, str(row.object_key)) == bytes(data)
    shorter = bytes(data[:-1])
    world.weed.store.put_bytes(str(row.object_key), shorter)
    error = world.fails(other, "flowfile.read_artifact('x')", flow, "b")
    assert hashlib.sha256(shorter).hexdigest() in error["message"]


def test_an_object_that_is_gone_from_the_store_is_said_to_be(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    flow = world.flow(document("ab", "ab"))
    world.run(kernel, f"flowfile.publish_artifact('x', b'2' * 100)\n{WRITE % 10}", flow, "a")
    world.weed.store.remove(str(world.artifacts(flow)["x"].object_key))
    error = world.fails(other, "flowfile.read_artifact('x')", flow, "b")
    assert (error["type"], "artifact 'x' is not in the store" in error["message"]) == (
        "StorageUnavailable", True,
    )  # fmt: skip
    assert world.run(kernel, "print(len(flowfile.read_artifact('x')))", flow, "b") == "100\n"
    world.weed.store.remove(str(world.outputs(flow)["a", "main"].object_key))
    error = world.fails(other, READ, flow, "b")
    assert "is not in the store" in error["message"]


def test_the_catalog_is_read_by_other_flows_on_other_kernels(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    first, second = world.flow(document("a")), world.flow(document("a"))
    code = "print(flowfile.publish_global('model', {'v': %d}, tags=['t']) > 0)"
    for number in (1, 2):
        assert world.run(kernel, code % number, first, "a") == "True\n"
    read_it = "print(flowfile.get_global('model'), flowfile.get_global('model', version=1))"
    assert world.run(other, read_it, second, "a") == "{'v': 2} {'v': 1}\n"
    listed = "print([(a.name, a.version) for a in flowfile.list_global_artifacts(tags=['t'])])"
    assert world.cell(other, listed) == "[('model', 2), ('model', 1)]\n"
    assert world.cell(kernel, "print(flowfile.publish_global('model', 3))", first, "a") == "-1\n"
    world.run(other, "flowfile.delete_global_artifact('model')", second, "a")
    assert world.fails(other, "flowfile.get_global('model')", second, "a")["type"] == "KeyError"


def test_many_threads_of_a_cell_ask_at_a_time(world: FlowWorld, kernel: KernelUnderTest) -> None:
    flow = world.flow(document("a"))
    code = """
from concurrent.futures import ThreadPoolExecutor
def one(n):
    flowfile.publish_artifact(f'n{n}', n)
    return flowfile.read_artifact(f'n{n}')
with ThreadPoolExecutor(20) as pool:
    print(sum(pool.map(one, range(200))), len(flowfile.list_artifacts()))
"""
    assert world.run(kernel, code, flow, "a") == f"{sum(range(200))} 200\n"
    assert len(world.artifacts(flow)) == 200


def test_many_small_artifacts_are_read_in_any_order_on_another_kernel(
    world: FlowWorld, kernel: KernelUnderTest, other: KernelUnderTest
) -> None:
    flow = world.flow(document("ab", "ab"))
    world.run(kernel, "for n in range(250): flowfile.publish_artifact(f'n{n}', n)", flow, "a")
    assert len(world.artifacts(flow)) == 250
    orders = ("range(250)", "range(249, -1, -1)", "sorted(range(250), key=lambda n: n * 7 % 250)")
    for order in orders:
        code = f"print([flowfile.read_artifact(f'n{{n}}') for n in {order}] == list({order}))"
        assert world.run(other, code, flow, "b") == "True\n"
        for path in (other.folder / "agent" / "content").iterdir():
            path.unlink()


def test_a_kernel_that_keeps_next_to_nothing_reads_from_the_store_also_what_it_just_published(
    world: FlowWorld,
) -> None:
    with world.kernel(limits=replace(LIMITS, content_bytes=100_000)) as kernel:
        flow = world.flow(document("ab", "ab"))
        code = """
import numpy, time
for n in range(5):
    flowfile.publish_artifact(f'a{n}', numpy.full(50_000, float(n)))
flowfile.publish_artifact('large', numpy.full(3_000_000, 7.0))
flowfile.publish_output(pl.DataFrame({'n': range(100_000)}))
time.sleep(3)
print([float(flowfile.read_artifact(f'a{n}')[0]) for n in range(5)], flowfile.read_artifact('large').sum())
"""
        assert world.run(kernel, code, flow, "a") == "[0.0, 1.0, 2.0, 3.0, 4.0] 21000000.0\n"
        assert sum(path.stat().st_size for path in (kernel.folder / "agent" / "content").iterdir()) <= 100_000
        read_it = "print(flowfile.read_artifact('large').sum())"
        assert world.run(kernel, f"{read_it}\n{READ}", flow, "b") == f"21000000.0\n{sum(range(100_000))}\n"


def test_an_interrupted_call_leaves_the_kernel_sane(world: FlowWorld, kernel: KernelUnderTest) -> None:
    flow = world.flow(document("a"))
    code = """
import numpy
flowfile.publish_artifact('x', numpy.zeros(100_000))
print('begun', flush=True)
while True:
    flowfile.publish_artifact('x', numpy.zeros(100_000))
    flowfile.read_artifact('x')
    flowfile.list_artifacts()
"""
    for _ in range(5):
        execution_id = world.send(kernel, code, flow, "a", interactive=True)
        kernel.until_printed(execution_id, "begun")
        cancel(world.plane.services, world.plane.execution(execution_id))
        assert world.ended(kernel, execution_id).status == "cancelled"
        assert world.cell(kernel, "print(flowfile.read_artifact('x').sum())", flow, "a") == "0.0\n"
    assert not kernel.staged()


def test_artifacts_are_there_again_after_a_restart_and_before_it_is_ready_where_asked(
    world: FlowWorld,
) -> None:
    with world.kernel() as kernel:
        flow = world.flow(document("a"))
        world.run(kernel, "flowfile.publish_artifact('x', 7)", flow, "a")
        sha256 = world.artifacts(flow)["x"].sha256
        content = kernel.folder / "agent" / "content"
        kernel.stop()
        (content / sha256).unlink()
        world.start_again(kernel)
        assert sha256 not in kept(kernel)
        assert world.run(kernel, "print(flowfile.read_artifact('x'))", flow, "a") == "7\n"
        world.run(kernel, "flowfile.publish_artifact('x', 8)", flow, "a")
        sha256 = world.artifacts(flow)["x"].sha256
        kernel.stop()
        (content / sha256).unlink()
        kernel.recovery_mode = "eager"
        world.start_again(kernel)
        assert sha256 in kept(kernel)


TELLS = """
class Told:
    def __init__(self, path): self.path = path
    def __reduce__(self): return eval, (f"open({self.path!r}, 'a').write('loaded ')",)
class Broken:
    def __reduce__(self): return eval, ("1 / 0",)
flowfile.publish_artifact('broken', Broken())
flowfile.publish_artifact('told', Told(flowfile.get_shared_location('loads')))
flowfile.publish_artifact('lazy', pl.LazyFrame({'a': [1, 2]}))
import matplotlib.pyplot as plt
flowfile.publish_artifact('figures', [plt.figure()])
"""
LOADS = "print(open(flowfile.get_shared_location('loads')).read())"


def test_all_that_can_be_loaded_is_before_an_eager_kernel_is_ready_and_the_first_reader_gets_it(
    world: FlowWorld,
) -> None:
    with world.kernel() as kernel:
        flow = world.flow(document("a"))
        world.cell(kernel, f"import polars as pl{TELLS}", flow, "a")
        kernel.stop()
        kernel.recovery_mode = "eager"
        world.start_again(kernel)
        said = [world.cell(kernel, LOADS, flow, "a")]
        for _ in range(2):
            assert world.cell(kernel, "print(flowfile.read_artifact('told'))", flow, "a") == "7\n"
            said.append(world.cell(kernel, LOADS, flow, "a"))
        assert [text.split() for text in said] == [["loaded"], ["loaded"], ["loaded"] * 2]
        code = "import matplotlib.pyplot as plt\nprint(plt.get_fignums())"
        assert world.cell(kernel, code, flow, "a") == "[]\n"
        assert world.cell(kernel, "print(len(flowfile.read_artifact('figures')))", flow, "a") == "1\n"
        code = "print(flowfile.read_artifact('lazy').collect()['a'].to_list())"
        assert world.cell(kernel, code, flow, "a") == "[1, 2]\n"
        error = world.fails(kernel, "flowfile.read_artifact('broken')", flow, "a", interactive=True)
        assert error["type"] == "ZeroDivisionError"
