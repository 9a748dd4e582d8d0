"""Questions to the agent: threads, children, interrupts, answers that come late or never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker_config.wire.flows import Refusal
from broker_config.wire.frames import Call, CallReply, Frame, InterruptCell
from tests.unit.runner.process import Ran, Runner, running


def interrupt_when_asked(runner: Runner, code: str) -> tuple[Ran, int]:
    """Interrupt a cell that waits for an answer; the number of its question."""
    name = runner.send(code)
    numbers: list[int] = []

    def watch(frame: Frame) -> None:
        if b'"call"' in frame.payload[:20]:
            message = frame.message
            assert isinstance(message, Call)
            numbers.append(message.number)
            runner.control.send(InterruptCell(name))

    ran = runner.collect(name, watch)
    return ran, numbers[0]


def descriptors(runner: Runner) -> int:
    return int(runner.run("import os; print(len(os.listdir('/proc/self/fd')))").stdout)


@pytest.fixture
def silent(runner: Runner) -> None:
    runner.board.artifacts.clear()
    assert runner.run("flowfile.publish_artifact('a', {'x': 1})").end.error is None


@pytest.mark.usefixtures("silent")
def test_an_interrupt_breaks_the_wait_and_the_late_answer_is_dropped(runner: Runner) -> None:
    before = descriptors(runner)
    runner.board.silent = True
    try:
        for _ in range(3):
            ran, number = interrupt_when_asked(runner, "flowfile.read_artifact('a')")
            assert ran.end.status == "cancelled"
            with Path(__file__).open("rb") as late:
                runner.cells.send(CallReply(number, {"late": True}), [late.fileno()])
    finally:
        runner.board.silent = False
    assert runner.run("flowfile.read_artifact('a')").plain == ["{'x': 1}"]
    assert descriptors(runner) == before


@pytest.mark.usefixtures("silent")
def test_an_answer_to_an_earlier_question_is_not_taken_for_this_one(runner: Runner) -> None:
    runner.board.silent = True
    _ran, number = interrupt_when_asked(runner, "flowfile.read_artifact('a')")
    runner.board.silent = False

    def answer_the_old_one_first(_call: Call) -> None:
        runner.cells.send(CallReply(number, refusal=Refusal("ValueError", "an old answer")))

    runner.board.before = answer_the_old_one_first
    try:
        assert runner.run("flowfile.read_artifact('a')").plain == ["{'x': 1}"]
    finally:
        runner.board.before = lambda _call: None


@pytest.mark.usefixtures("silent")
def test_threads_of_a_cell_ask_side_by_side(runner: Runner) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(n):\n"
        "    flowfile.publish_artifact(f't{n}', n)\n"
        "    return flowfile.read_artifact(f't{n}') == n and flowfile.read_artifact('a') == {'x': 1}\n"
        "with ThreadPoolExecutor(8) as pool: print(all(pool.map(work, range(80))))"
    )
    assert runner.run(code).stdout == "True\n"


@pytest.mark.usefixtures("silent")
def test_a_forked_child_is_told_where_to_call(runner: Runner) -> None:
    code = (
        "import os\npid = os.fork()\nif pid == 0:\n"
        "    for call in (flowfile.list_artifacts, flowfile.read_inputs):\n"
        "        try: call()\n        except RuntimeError as error: print(error, flush=True)\n"
        "    os._exit(0)\nos.waitpid(pid, 0)[1]"
    )
    ran = runner.run(code)
    assert ran.stdout.count("not in a process of its own") == 2
    assert ran.plain == ["0"]


@pytest.mark.usefixtures("silent")
def test_a_thread_that_was_left_behind_asks_nothing(runner: Runner) -> None:
    code = (
        "import threading\nfound, go = [], threading.Event()\n"
        "def late():\n    go.wait(30)\n"
        "    try: flowfile.list_artifacts()\n    except Exception as error: found.append(repr(error))\n"
        "thread = threading.Thread(target=late); thread.start()"
    )
    runner.run(code)
    asked = len(runner.board.asked)
    out = runner.run("go.set(); thread.join(20); print(found)").stdout
    assert "RuntimeError" in out
    assert "the cell that started this thread has ended" in out
    assert len(runner.board.asked) == asked


@pytest.mark.usefixtures("silent")
def test_a_thread_that_waits_when_its_cell_ends_is_let_go(runner: Runner) -> None:
    code = (
        "import threading\nfound = []\n"
        "def wait():\n    try: flowfile.list_artifacts()\n"
        "    except Exception as error: found.append(repr(error))\n"
        "thread = threading.Thread(target=wait); thread.start()\nimport time; time.sleep(0.3)"
    )
    runner.board.silent = True
    runner.run(code)
    runner.board.silent = False
    out = runner.run("thread.join(20); print(found)").stdout
    assert "StorageUnavailable" in out
    assert [runner.run("flowfile.read_artifact('a')").plain for _ in range(5)] == [["{'x': 1}"]] * 5


@pytest.mark.usefixtures("silent")
def test_a_hundred_interrupted_questions_leave_nothing_open(runner: Runner) -> None:
    before = descriptors(runner)
    for _ in range(100):
        name = runner.send("while True: flowfile.read_artifact('a')")
        seen = 0

        def watch(_frame: Frame, name: str = name) -> None:
            nonlocal seen
            seen += 1
            if seen == 3:
                runner.control.send(InterruptCell(name))

        assert runner.collect(name, watch).end.status == "cancelled"
    assert runner.run("flowfile.read_artifact('a')").plain == ["{'x': 1}"]
    assert descriptors(runner) == before


def test_the_agent_s_end_ends_a_cell_that_waits(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.board.silent = True
        runner.send("flowfile.list_artifacts()")
        while (frame := runner.cells.recv()) is not None and b'"call"' not in frame.payload[:20]:
            frame.close()
        runner.close()
        assert not Path(f"/proc/{runner.process.pid}/exe").exists()
        assert os.waitstatus_to_exitcode(runner.process.returncode) == 0
