"""What is published is in a file of the agent's from the start. It is taken as it is, or copied."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.integration.flow_rows import document
from tests.integration.flow_world import FlowWorld, flow_world
from tests.integration.kernel_fixture import KernelUnderTest
from tests.waiting import wait_until

HERE = """
import os, numpy
from kernel_worker.runner.flowfile.session import session
here = session().spool._spares._here
"""
READ = "print(flowfile.read_artifact('a').sum(), flowfile.read_artifact('b'))"
KEPT = {
    "a descriptor": """
kept = os.dup(fd)
def write(): os.pwrite(kept, bytes(4096), 0)
""",
    "a mapping": """
import mmap
from kernel_worker.runner.spares import _spare
os.ftruncate(fd, 4096)
kept = mmap.mmap(fd, 4096)
os.ftruncate(fd, 0)
here[-1] = _spare(fd)
def write(): kept[:] = bytes(4096)
""",
    "a child": """
import subprocess, sys
code = f'import os, sys; sys.stdin.read(1); os.pwrite({fd}, bytes(4096), 0)'
child = subprocess.Popen([sys.executable, '-c', code], stdin=-1, pass_fds=[fd])
def write():
    child.communicate(b'x')
    assert child.returncode == 0
""",
}
PUBLISH = """
flowfile.publish_artifact('a', numpy.ones(4_000_000))
write()
print(flowfile.read_artifact('a').sum())
flowfile.publish_artifact('b', here[-1].inode)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowWorld]:
    with flow_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def kernel(world: FlowWorld) -> Iterator[KernelUnderTest]:
    with world.kernel() as kernel:
        yield kernel


@pytest.fixture
def flow(world: FlowWorld) -> str:
    return world.flow(document("ab", "ab"))


def inode(kernel: KernelUnderTest, sha256: str) -> str:
    """Of a file that the kernel keeps by its sum."""
    return str((kernel.folder / "agent" / "content" / sha256).stat().st_ino)


def test_small_and_large_objects_and_tables_are_taken_as_they_are_one_after_the_other(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    code = f"""{HERE}
for name, obj in dict(a=numpy.ones(4_000_000), b='x', c=pl.DataFrame({{'n': range(1000)}})).items():
    print(here[-1].inode)
    flowfile.publish_artifact(name, obj)
print(here[-1].inode)
flowfile.publish_output(pl.LazyFrame({{'n': range(3_000_000)}}))
print(here[-1].inode)
flowfile.publish_global('spares', {{'x': 1}})
print(len(here), flowfile.get_global('spares'))
"""
    *inodes, last, left = world.run(kernel, code, flow, "a").splitlines()
    rows = world.artifacts(flow)
    sums = [rows[name].sha256 for name in "abc"] + [world.outputs(flow)["a", "main"].sha256]
    assert [inode(kernel, sha256) for sha256 in sums] == inodes
    assert last in {str(path.stat().st_ino) for path in (kernel.folder / "agent" / "content").iterdir()}
    assert left == "1 {'x': 1}"
    assert world.run(kernel, READ, flow, "b") == "4000000.0 x\n"


@pytest.mark.parametrize("keep", KEPT.values(), ids=KEPT)
def test_what_can_still_be_written_to_is_copied_and_what_is_written_then_changes_nothing(
    world: FlowWorld, kernel: KernelUnderTest, flow: str, keep: str
) -> None:
    code = f"{HERE}\nfd = here[-1].fd\nprint(here[-1].inode)\n{keep}\n{PUBLISH}"
    lent, total = world.run(kernel, code, flow, "a").splitlines()
    assert total == "4000000.0"
    rows = world.artifacts(flow)
    assert inode(kernel, rows["a"].sha256) != lent
    assert world.run(kernel, READ, flow, "b") == f"4000000.0 {inode(kernel, rows['b'].sha256)}\n"
    for path in (kernel.folder / "agent" / "content").iterdir():
        path.unlink()  # so that it comes from the store
    assert world.run(kernel, READ, flow, "b").startswith("4000000.0 ")


def test_an_agent_takes_what_a_dead_one_lent(world: FlowWorld, kernel: KernelUnderTest, flow: str) -> None:
    code = f"""{HERE}
import time
print(here[-1].inode, 'is here', flush=True)
while not os.path.exists('go'): time.sleep(0.02)
flowfile.publish_artifact('a', numpy.ones(4_000_000))
print(here[-1].inode)
flowfile.publish_artifact('b', 2)
"""
    execution_id = world.send(kernel, code, flow, "a")
    kernel.until_printed(execution_id, "is here", 30)
    before = kernel.agent_pid
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: kernel.agent_pid != before, 10, "another agent")
    (kernel.folder / "runner" / "go").touch()
    row = world.ended(kernel, execution_id)
    assert row.status == "succeeded", row.error
    first, second = world.printed(execution_id).replace("is here", "").split()
    rows = world.artifacts(flow)
    assert [inode(kernel, rows[name].sha256) for name in "ab"] == [first, second]
    assert world.run(kernel, READ, flow, "b") == "4000000.0 2\n"


def test_threads_that_publish_at_once_and_cells_that_fail_to_disturb_nothing(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    code = """
import threading
from concurrent.futures import ThreadPoolExecutor
def work(n):
    try: flowfile.publish_artifact(f'bad{n}', [n, threading.Lock()])
    except TypeError: pass
    flowfile.publish_artifact(f't{n}', [n] * n * 100)
with ThreadPoolExecutor(8) as pool: list(pool.map(work, range(60)))
"""
    world.run(kernel, code, flow, "a")
    assert set(world.artifacts(flow)) == {f"t{n}" for n in range(60)}
    read = "print(all(flowfile.read_artifact(f't{n}') == [n] * n * 100 for n in range(60)))"
    assert world.run(kernel, read, flow, "b") == "True\n"
    assert not kernel.staged()
