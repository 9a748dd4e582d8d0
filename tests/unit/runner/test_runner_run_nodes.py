"""Nodes of a flow's run: one namespace for all of them, and values of parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.flows import ReadParameters
from broker_config.wire.frames import DropRun
from tests.unit.runner.process import Ran, Runner, running
from tests.waiting import wait_until


def node(runner: Runner, code: str, run: str = "r1", name: str = "a", **fields: Any) -> Ran:
    """A node of a run; it has succeeded."""
    ran = runner.run(code, interactive=False, node=name, run_id=run, **fields)
    assert ran.end.error is None, ran.end.error
    return ran


def over(runner: Runner, run: str) -> None:
    """Say that a run is over, and wait until the runner has heard it: it answers in order."""
    runner.control.send(DropRun(run))
    runner.ask("ping")


def test_nodes_of_a_run_share_a_namespace_that_ends_with_the_run(runner: Runner) -> None:
    runner.run("x = 'of the cells'")
    node(runner, "x = 'of r1'", name="a")
    assert node(runner, "print(x)", name="b").stdout == "of r1\n"
    assert node(runner, "print('x' in globals())", run="r2").stdout == "False\n"
    assert runner.run("print(x)").stdout == "of the cells\n"
    over(runner, "r1")
    assert node(runner, "print('x' in globals())").stdout == "False\n"
    assert runner.run("print(x)").stdout == "of the cells\n"


def test_a_node_that_failed_leaves_the_runs_variables(runner: Runner) -> None:
    assert runner.run("x = 7\n1 / 0", interactive=False, node="a", run_id="r").end.status == "failed"
    assert node(runner, "print(x)", run="r").stdout == "7\n"


def test_runs_do_not_count_among_flows_and_are_bounded_themselves(tmp_path: Path) -> None:
    with running(tmp_path, namespaces=2) as runner:
        for flow in ("f", "g"):
            runner.run("x = 1", flow=flow)
        for number in range(51):
            node(runner, "x = 1", run=f"r{number}")
        for flow in ("f", "g"):
            ran = runner.run("print('x' in globals())", flow=flow)
            assert (ran.stdout, ran.stderr) == ("True\n", "")
        assert node(runner, "print('x' in globals())", run="r50").stdout == "True\n"
        dropped = node(runner, "print('x' in globals())", run="r0")
        assert dropped.stdout == "False\n"
        assert "variables of this run were dropped" in dropped.stderr
        assert node(runner, "1", run="r0").stderr == "", "that is said once"


def test_child_processes_of_a_run_live_until_it_is_over(runner: Runner) -> None:
    child = "import subprocess\np = subprocess.Popen(['sleep', '100'])\nprint(p.pid)"
    mine, theirs = (int(node(runner, child, run=run).stdout) for run in ("r1", "r2"))
    assert node(runner, "print(p.poll())").stdout == "None\n"
    over(runner, "r1")
    wait_until(lambda: not Path(f"/proc/{mine}").exists(), 5, "the end of the run's child")
    assert Path(f"/proc/{theirs}").exists()


def test_memory_of_a_run_is_let_go_with_it(runner: Runner) -> None:
    runner.run("import numpy, resource")
    measure = "print(int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize() // 2**20)"
    before = int(runner.run(measure).stdout)
    node(
        runner,
        "import numpy as np\nbig = np.ones(40_000_000)\nround_about = [big]; round_about += [round_about]",
    )
    assert int(runner.run(measure).stdout) - before > 200

    def is_free() -> bool:
        return int(runner.run(measure).stdout) - before < 100

    over(runner, "r1")
    for number in range(10):  # a search for what refers to itself waits for a quiet moment, or for ten runs
        node(runner, "1", run=f"other {number}")
        over(runner, f"other {number}")
    assert is_free()


def test_classes_of_a_run_pickle_in_its_later_nodes(runner: Runner) -> None:
    node(runner, "import pickle\nclass Own: pass\nkept = pickle.dumps(Own())")
    runner.run("1")
    node(runner, "1", run="r2")
    assert node(runner, "print(type(pickle.loads(kept)) is Own, __name__)").stdout == "True __main__\n"


def test_the_end_of_a_run_that_is_not_here_changes_nothing(runner: Runner) -> None:
    runner.run("x = 1")
    over(runner, "never seen")
    over(runner, "f")
    assert runner.run("print(x)").stdout == "1\n"


# Parameters -------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "year": 2013,
    "share": 0.5,
    "dry": True,
    "path": "it's {a}\n'",
    "day": {"date": "2013-12-31"},
}


def test_a_node_of_a_run_has_the_runs_parameters_without_asking(runner: Runner) -> None:
    code = (
        "import datetime\np = flowfile.parameters\n"
        "print(p['year'] + 1, p['share'], p['dry'], repr(p['path']))\n"
        "print(p['day'] == datetime.date(2013, 12, 31))\n"
        "print(list(p), len(p), p.get('no', 'none'), 'year' in p, dict(p)['day'].year, {**p} == dict(p))"
    )
    assert node(runner, code, parameters=VALUES).stdout.splitlines() == [
        "2014 0.5 True \"it's {a}\\n'\"",
        "True",
        "['year', 'share', 'dry', 'path', 'day'] 5 none True 2013 True",
    ]
    assert node(runner, "print(dict(flowfile.parameters))", parameters={"year": 1}).stdout == "{'year': 1}\n"
    assert node(runner, "print(len(flowfile.parameters))", parameters={}).stdout == "0\n"
    assert runner.board.asked == []


def test_parameters_are_read_only_and_say_what_there_is(runner: Runner) -> None:
    for change in ("flowfile.parameters['year'] = 1", "del flowfile.parameters['year']"):
        ran = runner.run(change, interactive=False, node="a", run_id="r", parameters=VALUES)
        assert ran.end.error is not None
        assert ran.end.error.type == "TypeError"
    ran = runner.run(
        "flowfile.parameters['yaer']", interactive=False, node="a", run_id="r", parameters=VALUES
    )
    assert ran.end.error is not None
    assert "there is no parameter 'yaer'; there are: year, share, dry, path, day" in ran.end.error.message
    assert node(runner, "print(flowfile.parameters)", parameters={"a": 1}).stdout == "{'a': 1}\n"


def test_cells_have_the_flows_defaults_and_ask_for_them_once(runner: Runner) -> None:
    runner.board.parameters = VALUES
    code = "print(flowfile.parameters['year'], flowfile.parameters['day'])"
    assert runner.run(code).stdout == "2013 2013-12-31\n"
    assert runner.board.asked == [ReadParameters()]
    runner.board.parameters = {}
    assert runner.run("print(flowfile.parameters)").stdout == "{}\n", "and again in the next cell"


WAYS = ("threading.Thread(target=f)", "multiprocessing.get_context('fork').Process(target=f)")


@pytest.mark.parametrize("way", WAYS)
def test_threads_and_child_processes_of_a_node_read_them(runner: Runner, way: str) -> None:
    code = (
        "import multiprocessing, threading, sys\n"
        "def f(): print(flowfile.parameters['year'], flush=True)\n"
        f"one = {way}\none.start(); one.join()"
    )
    assert node(runner, code, parameters=VALUES).stdout == "2013\n"


def test_parameters_pickle_as_what_they_are(runner: Runner) -> None:
    code = "import pickle\nprint(pickle.loads(pickle.dumps(flowfile.parameters)))"
    assert node(runner, code, parameters={"a": 1}).stdout == "{'a': 1}\n"
