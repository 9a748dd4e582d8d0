"""Files that the agent lends: objects are written into them, and user code may do to them what it likes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_config.wire.flows import Refusal
from broker_config.wire.frames import Execute
from kernel_worker.runner.spares import MOST, Spares
from tests.unit.runner.process import Ran, Runner, running

HERE = "from kernel_worker.runner.flowfile.session import session; here = session().spool._spares._here\n"
EACH = """
import pandas as pd, pyarrow as pa, numpy as np
for obj in (1, np.arange(9), pl.DataFrame({'x': [1]}), pl.LazyFrame({'x': [1]}), pd.DataFrame({'x': [1]}),
            pa.table({'x': [1]})):
    flowfile.publish_artifact(type(obj).__name__ + type(obj).__module__, obj)
    flowfile.publish_global('g', obj)
for frame in (pl.DataFrame({'x': [1]}), pl.LazyFrame({'x': [1]})):
    flowfile.publish_output(frame)
"""


def new(folder: Path) -> int:
    return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o644)


class Lender:
    """Lends one file at a time, and keeps all open: the numbers of inodes that are gone come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: list[int] = []

    def __call__(self) -> list[int]:
        fd = new(self.folder)
        self.kept.append(os.dup(fd))
        return [fd]

    @property
    def inodes(self) -> list[int]:
        return [os.fstat(fd).st_ino for fd in self.kept]


@pytest.fixture
def lender(tmp_path: Path) -> Iterator[Lender]:
    made = Lender(tmp_path)
    yield made
    for fd in made.kept:
        os.close(fd)


@pytest.fixture
def lent(tmp_path: Path, lender: Lender) -> Iterator[Runner]:
    """A runner that has one spare, and gets another with each answer."""
    with running(tmp_path) as runner:
        runner.board.lend = lender
        runner.run("flowfile.publish_artifact('first', 1)")
        runner.board.inodes.clear()
        yield runner


def error_of(ran: Ran) -> str:
    assert ran.end.error is not None
    return ran.end.error.type


def test_every_kind_of_object_is_written_into_what_was_lent(lent: Runner, lender: Lender) -> None:
    assert lent.run(EACH).end.error is None
    assert len(lent.board.inodes) == 14
    assert lent.board.inodes == lender.inodes[:-1]


def test_a_cell_brings_the_first_one(tmp_path: Path, lender: Lender) -> None:
    with running(tmp_path) as runner:
        (fd,) = lender()
        name = runner.new_id()
        runner.cells.send(Execute(name, "flowfile.publish_artifact('a', 1)", "f", None, True, None), [fd])
        os.close(fd)
        assert runner.collect(name).end.error is None
        assert runner.board.inodes == lender.inodes


def test_a_number_that_user_code_closed_or_took_is_left_alone(lent: Runner, lender: Lender) -> None:
    code = (
        f"{HERE}import os\nfd = here[-1].fd\nos.close(fd)\nflowfile.publish_artifact('a', 1)\n"
        "fd = here[-1].fd\nmine = open('mine', 'w+b', buffering=0)\nos.dup2(mine.fileno(), fd)\n"
        "flowfile.publish_artifact('b', {'x': 2})\nos.write(fd, b'still mine'); mine.seek(0)\n"
        "print(mine.read(), flowfile.read_artifact('a'), flowfile.read_artifact('b'))"
    )
    assert lent.run(code).stdout == "b'still mine' 1 {'x': 2}\n"
    assert not set(lent.board.inodes) & set(lender.inodes)


def test_what_somebody_wrote_into_is_not_used(lent: Runner, lender: Lender) -> None:
    code = (
        f"{HERE}import os\nos.write(here[-1].fd, b'x')\nflowfile.publish_artifact('a', 1)\nprint(len(here))"
    )
    assert lent.run(code).stdout == "1\n"
    assert lent.run("print(flowfile.read_artifact('a'))").stdout == "1\n"
    assert not set(lent.board.inodes) & set(lender.inodes)


def test_what_failed_leaves_nothing_in_the_next_object(lent: Runner) -> None:
    code = (
        "import threading\ntry: flowfile.publish_artifact('a', ['x' * 10_000_000, threading.Lock()])\n"
        "except TypeError as error: print(type(error).__name__)\n"
        "for n in range(3): flowfile.publish_artifact(f'b{n}', n)\n"
        "print([flowfile.read_artifact(f'b{n}') for n in range(3)])"
    )
    assert lent.run(code).stdout == "NotSerializable\n[0, 1, 2]\n"
    sizes = {name: path.stat().st_size for name, (_, path) in lent.board.artifacts.items()}
    assert set(sizes) == {"first", "b0", "b1", "b2"}
    assert max(sizes.values()) < 100


@pytest.mark.parametrize(
    "call",
    [
        *("publish_output(pl.DataFrame({'x': big}))", "publish_output(pl.LazyFrame({'x': big}))"),
        *("publish_artifact('a', big)", "publish_artifact('a', {'x': big})"),
        "publish_artifact('a', pl.DataFrame({'x': big}))",
    ],
)
def test_a_disk_that_is_full_is_told_as_ever(lent: Runner, call: str) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (%s, resource.RLIM_INFINITY))\n"
    begin = "import resource, numpy as np\nbig = np.random.default_rng(1).random(100_000)\n"
    ran = lent.run(f"{begin}{limit % '2**16'}flowfile.{call}")
    assert error_of(ran) == "OSError"
    assert ran.end.error is not None
    assert "does not fit on the kernel's disk" in ran.end.error.message
    assert (lent.board.outputs, set(lent.board.artifacts)) == ({}, {"first"})
    assert lent.run(f"{limit % 'resource.RLIM_INFINITY'}flowfile.{call}").end.error is None


def test_a_refusal_brings_the_next_one_too_and_threads_have_one_each(lent: Runner, lender: Lender) -> None:
    lent.board.refusal = Refusal("ValueError", "no")
    assert error_of(lent.run("flowfile.publish_artifact('a', 1)")) == "ValueError"
    lent.board.refusal = None
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(n):\n"
        "    flowfile.publish_artifact(f't{n}', [n] * n)\n"
        "    return flowfile.read_artifact(f't{n}') == [n] * n\n"
        f"with ThreadPoolExecutor({MOST}) as pool: print(all(pool.map(work, range(80))))"
    )
    assert lent.run(code).stdout == "True\n"
    assert len(set(lent.board.inodes) & set(lender.inodes)) > 40
    assert lent.run(f"{HERE}print(len(here) <= {MOST})").stdout == "True\n"


def test_a_forked_child_lets_go_of_them(lent: Runner, lender: Lender) -> None:
    code = (
        f"{HERE}import os\nfd = here[-1].fd\npid = os.fork()\n"
        "if pid == 0:\n    try: os.fstat(fd)\n    except OSError: os._exit(7)\n    os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\nflowfile.publish_artifact('a', 1)"
    )
    assert lent.run(code).stdout == "7\n"
    assert set(lent.board.inodes) <= set(lender.inodes)


def test_no_more_are_kept_than_the_bound(tmp_path: Path) -> None:
    kept, before = Spares(), len(list(Path("/proc/self/fd").iterdir()))
    kept.put([new(tmp_path) for _ in range(2 * MOST)])
    assert len(list(Path("/proc/self/fd").iterdir())) == before + MOST
    kept.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert kept.take() is None
