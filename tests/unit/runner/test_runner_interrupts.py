"""Interrupts: addressed, in time, in user code only; and restarts of a namespace."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from broker_config.wire.frames import ClearNamespace, Frame, InterruptCell
from tests.unit.runner.process import Runner, after, running
from tests.waiting import wait_until

QUERY = (
    "d = pl.DataFrame({'a': range(4000)}).lazy()\n"
    "q = d.join(d, how='cross', suffix='_b').join(d, how='cross', suffix='_c')\n"
    "q = q.select(pl.col('a_c').sin().sum())\n"
    "print('ready', flush=True)\nq.collect()"
)


IMPORT = """
import sys, time
class Telling:
    def find_spec(self, name, path, target=None):
        if name == {inner!r}:
            sys.meta_path.remove(self)
            print("importing", flush=True)
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                pass
sys.meta_path.insert(0, Telling())
{code}
print("through")
"""


@pytest.mark.parametrize(
    ("code", "inner", "later"),
    [
        ("pl.DataFrame()", "polars.functions.col", "pl.DataFrame({'a': [1]}).lazy().collect().height"),
        ("import polars", "polars.functions.col", "pl.DataFrame({'a': [1]}).lazy().collect().height"),
        (
            "import pandas",
            "pandas._libs.tslibs.timezones",
            "import pandas\nlen(pandas.DataFrame([1]))",
        ),
        ("import numpy", "numpy._core.printoptions", "import numpy\nint(numpy.ones(1)[0])"),
        ("import pyarrow", "pyarrow.ipc", "import pyarrow\npyarrow.table({'a': [1]}).num_rows"),
    ],
)
def test_an_interrupt_in_an_import_of_a_large_package_leaves_it_whole(
    tmp_path: Path, code: str, inner: str, later: str
) -> None:
    with running(tmp_path) as runner:
        ran = runner.run_interrupted(IMPORT.format(code=code, inner=inner), sign="importing")
        assert ran.end.status == "cancelled"
        assert "through" not in ran.stdout
        assert runner.run(later).plain == ["1"]


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import queue; queue.Queue().get()",
        "import asyncio\nawait asyncio.sleep(60)",
        "!sleep 60",
        "import subprocess; subprocess.run(['sleep', '60'])",
        "import socket; a, b = socket.socketpair(); a.recv(1)",
        "for i in range(10**9): print(i)",
        "class Slow:\n    def __repr__(self):\n        while True: pass\nSlow()",
        "pl.DataFrame({'a': [1]}); import time; time.sleep(60)",
    ],
)
def test_an_interrupt_breaks_user_code_and_the_runner_goes_on(runner: Runner, code: str) -> None:
    ran = runner.run_interrupted(code)
    assert ran.end.status == "cancelled"
    assert ran.end.error is not None
    assert ran.end.error.type == "KeyboardInterrupt"
    assert ran.end.wall_s < 5
    assert runner.run("'alive'").plain == ["'alive'"]


def test_an_interrupt_breaks_a_running_query(runner: Runner) -> None:
    ran = runner.run_interrupted(QUERY, sign="ready")
    assert ran.end.status == "cancelled"
    assert runner.run_interrupted(QUERY, sign="ready").end.status == "cancelled"


def test_code_that_swallows_the_interrupt_goes_on(runner: Runner) -> None:
    code = (
        "import time\ntry:\n    print('inside', flush=True)\n    time.sleep(60)\n"
        "except BaseException as e:\n    print('swallowed', type(e).__name__)\ntime.sleep(0.3)\n'end'"
    )
    ran = runner.run_interrupted(code, sign="inside")
    assert ran.end.status == "succeeded"
    assert "swallowed KeyboardInterrupt" in ran.stdout


def test_an_interrupt_that_a_finalizer_drops_is_raised_again(runner: Runner) -> None:
    code = (
        "import time\nclass Slow:\n    def __del__(self):\n"
        "        print('finalizing', flush=True)\n        time.sleep(60)\n"
        "slow = Slow()\ndel slow\ntime.sleep(60)"
    )
    ran = runner.run_interrupted(code, sign="finalizing")
    assert ran.end.status == "cancelled"
    assert ran.end.wall_s < 5
    assert ran.stderr == ""


def test_an_error_whose_text_never_comes_is_broken_too(runner: Runner) -> None:
    code = (
        "class E(Exception):\n    def __str__(self):\n        print('inside', flush=True)\n"
        "        while True: pass\nraise E"
    )
    ran = runner.run_interrupted(code, sign="inside")
    assert ran.end.status == "failed"
    assert ran.end.error is not None
    assert ran.end.error.type == "E"
    assert ran.end.error.line == 6


def test_an_interrupt_that_comes_before_its_cell_is_remembered(runner: Runner) -> None:
    later = f"x{10**6}"
    runner.control.send(InterruptCell(later))
    runner.ask("ping")
    runner.new_id = lambda: later  # type: ignore[method-assign]
    try:
        ran = runner.run("print('never')")
    finally:
        del runner.new_id
    assert ran.end.status == "cancelled"
    assert ran.stdout == ""


def test_an_interrupt_of_an_ended_or_another_cell_is_ignored(runner: Runner) -> None:
    name = runner.send("1")
    runner.collect(name)
    runner.control.send(InterruptCell(name))
    runner.control.send(InterruptCell("somebody-elses"))
    runner.ask("ping")
    assert runner.run("import time; time.sleep(0.05)\n'whole'").plain == ["'whole'"]


def test_random_races_hit_no_wrong_cell(runner: Runner) -> None:
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    cancelled = 0
    for _ in range(250):
        name = runner.send("import time\nend = time.monotonic() + 0.012\nwhile time.monotonic() < end: pass")
        timer = after(dice.uniform(0, 0.014), partial(runner.control.send, InterruptCell(name)))
        first = runner.collect(name)
        second = runner.run("time.sleep(0.0005)\ny = [i for i in range(500)]\n'whole'")
        assert first.end.status in {"succeeded", "cancelled"}, f"seed {seed}"
        assert second.plain == ["'whole'"], f"seed {seed}"
        cancelled += first.end.status == "cancelled"
        timer.join()
    assert 0 < cancelled < 250, f"seed {seed}"


def test_a_changed_signal_handler_is_put_back(runner: Runner) -> None:
    runner.run("import signal\nold = signal.signal(signal.SIGINT, signal.SIG_IGN)")
    assert runner.run_interrupted("while True: pass").end.status == "cancelled"
    runner.run("old = signal.signal(signal.SIGINT, signal.SIG_DFL)")
    assert runner.run_interrupted("while True: pass").end.status == "cancelled"


def test_a_signal_that_user_code_raises_is_its_own_error(runner: Runner) -> None:
    ran = runner.run("import signal; signal.raise_signal(signal.SIGINT)")
    assert ran.end.status == "failed"
    assert ran.end.error is not None
    assert ran.end.error.type == "KeyboardInterrupt"


def test_the_clean_up_of_an_awaiting_cell_runs(runner: Runner) -> None:
    code = (
        "import asyncio\ntry:\n    print('inside', flush=True)\n    await asyncio.sleep(60)\n"
        "finally:\n    print('cleaned up')"
    )
    ran = runner.run_interrupted(code, sign="inside")
    assert ran.end.status == "cancelled"
    assert "cleaned up" in ran.stdout
    assert runner.run("await asyncio.sleep(0, 'next')").plain == ["'next'"]


def test_a_restart_interrupts_and_clears_and_kills_children(runner: Runner) -> None:
    runner.run("kept = 1", flow="other")
    runner.run(
        "import subprocess\ngone = 1\nchild = subprocess.Popen(['sleep', '60'])\nprint(child.pid)",
        "r",
        epoch=1,
    )
    pid = int(runner.run("print(child.pid)", "r").stdout)
    name = runner.send("print('on', flush=True)\nwhile True: pass", "r")
    ran = runner.collect(
        name, lambda f: runner.control.send(ClearNamespace("r", 2)) if f.text == "on\n" else None
    )
    assert ran.end.status == "cancelled"
    assert runner.run("'gone' in globals(), get_ipython().execution_count", "r", epoch=2).plain == [
        "(False, 2)"
    ]
    wait_until(lambda: runner.run(f"import os\nos.path.exists('/proc/{pid}')", "r").plain == ["False"], 5)
    assert runner.run("kept", flow="other").plain == ["1"]


def test_a_restart_spares_the_children_of_other_flows(runner: Runner) -> None:
    runner.run("import subprocess\nchild = subprocess.Popen(['sleep', '60'])", "spared")
    runner.run("x = 1", "cleared", epoch=0)
    runner.control.send(ClearNamespace("cleared", 1))
    runner.ask("ping")
    assert runner.run("'x' in globals()", "cleared").plain == ["False"]
    assert runner.run("child.poll()\nprint(child.poll())\nchild.kill()", "spared").stdout == "None\n"


def test_epochs_decide_what_a_cell_may_run_in(runner: Runner) -> None:
    runner.run("v = 1", "e", epoch=3)
    old = runner.run("print('ran')", "e", epoch=2)
    assert (old.end.status, old.stdout) == ("failed", "")
    assert old.end.error is not None
    assert old.end.error.type == "NamespaceLost"
    assert "submit it again" in old.end.error.message
    assert runner.run("v", "e", epoch=3).plain == ["1"]
    assert runner.run("v", "e").plain == ["1"]
    assert runner.run("'v' in globals()", "e", epoch=4).plain == ["False"]
    runner.control.send(ClearNamespace("e", 4))
    runner.run("v = 2", "e", epoch=4)
    runner.ask("ping")
    assert runner.run("v", "e", epoch=4).plain == ["2"]


def test_a_restart_that_comes_late_leaves_a_cell_of_the_new_namespace_alone(runner: Runner) -> None:
    runner.run("v = 1", "late", epoch=1)
    name = runner.send(
        "print('begun', flush=True)\nimport time; time.sleep(0.5); print('whole')", "late", epoch=2
    )
    told: list[bool] = []

    def restart(_frame: Frame) -> None:
        if not told:
            told.append(True)
            runner.control.send(ClearNamespace("late", 2))

    ran = runner.collect(name, restart)
    assert (ran.end.status, ran.stdout) == ("succeeded", "begun\nwhole\n")
