"""Files that a container's agent lends its runner, which is another user there: taken, or copied."""

from __future__ import annotations

import pytest

from tests.containers.docker_stack import DockerStack

HERE = """
import numpy, os
from kernel_worker.runner.flowfile.session import session
here = session().spool._spares._here
print(os.fstat(here[-1].fd).st_uid, here[-1].inode)
"""
LEND = "flowfile.publish_artifact('first', 1)"
ANEW = """
reading = os.open(f'/proc/self/fd/{here[-1].fd}', os.O_RDONLY)
for way in (
    lambda: os.open(f'/proc/self/fd/{reading}', os.O_WRONLY),
    lambda: os.truncate(f'/proc/self/fd/{reading}', 0),
    lambda: os.fchmod(reading, 0o666),
):
    try: print(way())
    except OSError as error: print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


def kept(docked: DockerStack, uid: str) -> set[str]:
    """Inodes of what the agent keeps."""
    command = ["ls", "--inode", "/spool/agent/content"]
    code, output = docked.container(uid).exec_run(command, user="10001:10001")
    assert code == 0, output
    return {line.split()[0] for line in output.decode().splitlines()}


def test_what_a_runner_writes_into_a_file_of_the_agents_is_taken_as_it_is(
    docked: DockerStack, uid: str
) -> None:
    docked.run(uid, LEND)
    for obj in (
        "numpy.ones(4_000_000)",
        "'small'",
        "pl.DataFrame({'x': range(9)})",
        "pl.LazyFrame({'x': [1]})",
    ):
        code = (
            f"{HERE}flowfile.publish_artifact('taken', {obj})\nprint(type(flowfile.read_artifact('taken')))"
        )
        owner, inode, _ = docked.said(uid, code).split(maxsplit=2)
        assert owner == "10001"
        assert inode in kept(docked, uid)


def test_what_a_runner_can_still_write_to_is_copied(docked: DockerStack, uid: str) -> None:
    docked.run(uid, LEND)
    code = f"""{HERE}
hold = os.dup(here[-1].fd)
flowfile.publish_artifact('copied', numpy.ones(4_000_000))
os.pwrite(hold, bytes(4096), 0)
print(flowfile.read_artifact('copied').sum())
"""
    _, inode, total = docked.said(uid, code).split()
    assert total == "4000000.0"
    assert inode not in kept(docked, uid)


def test_a_runner_opens_no_file_of_the_agents_for_writing(docked: DockerStack, uid: str) -> None:
    docked.run(uid, LEND)
    assert docked.said(uid, HERE + ANEW).splitlines()[1:] == ["PermissionError"] * 3
