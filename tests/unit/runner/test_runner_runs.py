"""Runs of a flow's nodes: a namespace of their own, which nobody else touches and nothing outlives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from broker_config.wire.frames import STDOUT, ClearNamespace, Frame, InterruptCell
from tests.unit.runner.process import Runner, running

RUN: Any = {"interactive": False, "node": "n1"}


def test_a_run_has_a_namespace_of_its_own_that_ends_with_it(tmp_path: Path) -> None:
    with running(tmp_path, namespaces=2) as runner:
        runner.run("x = 'of the cells'")
        runner.run("y = 1", flow="g")
        for _ in range(3):
            ran = runner.run("print('x' in globals())\nx = 'of the run'", interactive=False, node="n1")
            assert (ran.stdout, ran.end.error) == ("False\n", None)
        assert runner.run("print(x)").stdout == "of the cells\n"
        assert runner.run("print(y)", flow="g").stderr == ""
        child = "import subprocess\np = subprocess.Popen(['sleep', '100'])\nprint(p.pid)"
        pid = int(runner.run(child, interactive=False, node="n1").stdout)
        runner.run("1")
        assert not Path(f"/proc/{pid}").exists()
        kept = int(runner.run(child).stdout)
        runner.run("1", interactive=False, node="n1")
        assert Path(f"/proc/{kept}").exists()


def test_a_restart_of_the_flow_s_namespace_leaves_its_run_alone(runner: Runner) -> None:
    runner.run("x = 1")
    name = runner.send("print('begun', flush=True)\nimport time; time.sleep(0.5)\nprint('whole')", **RUN)
    told: list[bool] = []

    def restart(_frame: Frame) -> None:
        if not told:
            told.append(True)
            runner.control.send(ClearNamespace("f", 7))

    ran = runner.collect(name, restart)
    assert (ran.end.status, ran.stdout) == ("succeeded", "begun\nwhole\n")
    assert runner.run("print('x' in globals())", epoch=7).stdout == "False\n"


def test_a_run_is_not_refused_for_the_epoch_of_the_flow_s_namespace(runner: Runner) -> None:
    runner.run("1", flow="e", epoch=5)
    assert runner.run("1", flow="e", epoch=4).end.status == "failed"
    assert runner.run("1", flow="e", epoch=4, **RUN).end.status == "succeeded"


def test_a_run_shows_no_value_by_itself_but_its_open_figures(runner: Runner) -> None:
    ran = runner.run("import matplotlib.pyplot as plt\nfigure = plt.figure()\n1 + 1", **RUN)
    assert ["image/png" in data for data in ran.shown] == [True]


def test_classes_of_a_run_are_of_main_and_pickle(runner: Runner) -> None:
    code = (
        "import pickle\nclass Own: pass\n"
        "print(type(pickle.loads(pickle.dumps(Own()))) is Own, __name__, __import__('__main__').Own is Own)"
    )
    for _ in range(2):
        assert runner.run(code, **RUN).stdout == "True __main__ True\n"
    assert runner.run("print('Own' in vars(__import__('__main__')))").stdout == "False\n"


def test_memory_of_a_run_that_failed_is_let_go(runner: Runner) -> None:
    runner.run("import numpy, resource")
    measure = "print(int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize() // 2**20)"
    before = int(runner.run(measure).stdout)
    code = "import numpy as np\nbig = np.ones(40_000_000)\ndef f(x): 1 / 0\nf(big)"
    assert runner.run(code, **RUN).end.status == "failed"
    assert int(runner.run(measure).stdout) - before < 100


def test_a_finalizer_that_hangs_at_the_end_of_a_run_can_be_interrupted(runner: Runner) -> None:
    code = (
        "class Stuck:\n    def __del__(self):\n        print('ending', flush=True)\n"
        "        import time\n        while True: time.sleep(0.01)\n"
        "stuck = Stuck()"
    )
    name = runner.send(code, **RUN)
    told: list[bool] = []

    def interrupt(frame: Frame) -> None:
        if frame.kind == STDOUT and not told:
            told.append(True)
            runner.control.send(InterruptCell(name))

    ran = runner.collect(name, interrupt)
    assert ran.stdout == "ending\n"
    assert runner.run("print('goes on')").stdout == "goes on\n"
