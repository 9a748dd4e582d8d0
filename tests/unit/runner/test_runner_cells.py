"""Cells: values, errors, magics, namespaces of IPython."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.runner.process import Runner, running


def test_hello_names_generation_pid_and_python(runner: Runner) -> None:
    assert runner.hello.generation == "g1"
    assert runner.hello.pid == runner.process.pid
    assert runner.hello.python.startswith("3.")


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("1+1", ["2"]),
        ("x = [1, 2]\nx", ["[1, 2]"]),
        ("'text'", ["'text'"]),
        ("None", []),
        ("5;", []),
        ("print('p')", []),
        ("display('d')", ["d"]),
        ("y = 3", []),
    ],
)
def test_the_last_expression_is_shown(runner: Runner, code: str, shown: list[str]) -> None:
    ran = runner.run(code)
    assert ran.end.status == "succeeded"
    assert ran.plain == shown


def test_a_batch_cell_shows_no_last_expression(runner: Runner) -> None:
    assert runner.run("1+1", interactive=False).shown == []
    assert runner.run("1+1", interactive=True).plain == ["2"]


def test_execution_counts_are_per_flow(runner: Runner) -> None:
    first = runner.run("1", flow="count-a").end.execution_count
    assert (first, runner.run("1", flow="count-a").end.execution_count) == (1, 2)
    assert runner.run("1", flow="count-b").end.execution_count == 1


def test_flows_do_not_see_each_others_variables(runner: Runner) -> None:
    runner.run("only_here = 1", flow="a")
    assert runner.run("'only_here' in globals()", flow="b").plain == ["False"]
    assert runner.run("only_here", flow="a").plain == ["1"]


def test_our_names_are_put_back_at_every_cell(runner: Runner) -> None:
    runner.run("pl = flowfile = flowfile_ctx = display = get_ipython = __name__ = None")
    ran = runner.run(
        "display(pl.DataFrame({'a': [1]}).height, __name__, flowfile is flowfile_ctx, get_ipython())"
    )
    assert ran.plain[:1] == ["1"]
    assert runner.run("import flowfile as other\nother is flowfile, __name__").plain == ["(True, '__main__')"]


def test_polars_is_imported_at_first_use_and_then_is_the_real_module(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        assert runner.run("import sys; 'polars' in sys.modules").plain == ["False"]
        assert runner.run("pl; 'polars' in sys.modules").plain == ["False"]
        assert runner.run("h = pl.DataFrame({'a': [1]}).height\npl is sys.modules['polars']").plain == [
            "True"
        ]


def test_get_ipython_is_the_shell_of_the_flow(runner: Runner) -> None:
    code = "import IPython\nIPython.get_ipython() is get_ipython() and get_ipython().user_ns is globals()"
    assert runner.run(code, flow="shell-a").plain == ["True"]
    assert runner.run(code, flow="shell-b").plain == ["True"]


def test_classes_and_functions_of_a_cell_can_be_pickled(runner: Runner) -> None:
    code = """import pickle, cloudpickle
class Point: pass
def two(): return 2
a = pickle.loads(pickle.dumps(Point()))
b = cloudpickle.loads(cloudpickle.dumps(lambda: two() + pl.Series([1]).sum()))
type(a) is Point, b(), pickle.loads(pickle.dumps(two)) is two"""
    assert runner.run(code, flow="pickles").plain == ["(True, 3, True)"]


def test_magics_shell_commands_and_top_level_await_work(runner: Runner) -> None:
    assert "Wall time" in runner.run("%%time\nsum(range(10))").stdout
    assert runner.run("!echo from a shell").stdout == "from a shell\n"
    assert runner.run("got = !echo lines\ngot").plain == ["['lines']"]
    assert runner.run("%%bash\necho from bash").stdout == "from bash\n"
    assert runner.run("%%bash\necho again").stdout == "again\n"
    assert runner.run("import asyncio\nawait asyncio.sleep(0.001)\n'awaited'").plain == ["'awaited'"]


def test_an_error_carries_type_message_traceback_and_the_cells_line(runner: Runner) -> None:
    error = runner.run("def f():\n    return 1/0\n\nf()").end.error
    assert error is not None
    assert (error.type, error.message, error.line) == ("ZeroDivisionError", "division by zero", 2)
    text = "\n".join(error.traceback)
    assert "\x1b[" in text
    assert "line 4" in text.replace("\x1b[39m\x1b[32m", "")
    assert "kernel_worker" not in text
    assert "interactiveshell" not in text


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("x = 1\nif x\n", "SyntaxError", 2),
        ("\n\n\nunknown", "NameError", 4),
        ("return 1", "SyntaxError", 1),
        ("x = 1\n  y = 2", "IndentationError", 2),
        ("\n\n%%time\nunknown", "NameError", 3),
        ("\n  x = 1\n  unknown", "NameError", 3),
        ("import sys\nsys.exit(3)", "SystemExit", 2),
        ("exit()", "SystemExit", 1),
        ("input('name? ')", "NobodyToAsk", 1),
        ("%nosuchmagic", "UsageError", 1),
        ("raise BaseException('odd')", "BaseException", 1),
        ("def g(): g()\ng()", "RecursionError", 1),
        ("raise MemoryError('no room')", "MemoryError", 1),
        ("raise ExceptionGroup('two', [ValueError(1), TypeError(2)])", "ExceptionGroup", 1),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
    ],
)
def test_a_failing_cell_tells_its_error_and_the_runner_lives(
    runner: Runner, code: str, kind: str, line: int
) -> None:
    ran = runner.run(code)
    assert ran.end.status == "failed"
    assert ran.end.error is not None
    assert (ran.end.error.type, ran.end.error.line) == (kind, line)
    assert any(kind in text for text in ran.end.error.traceback)
    assert ran.stderr == ""
    assert runner.run("1").plain == ["1"]


def test_input_says_that_nobody_can_be_asked(runner: Runner) -> None:
    error = runner.run("input()").end.error
    assert error is not None
    assert "nobody can be asked" in error.message


def test_an_error_that_cannot_be_put_into_words_is_still_reported(runner: Runner) -> None:
    hostile = "class E(Exception):\n    def __str__(self): 1/0\n    __repr__ = __str__\nraise E"
    error = runner.run(hostile).end.error
    assert error is not None
    assert (error.type, error.line) == ("E", 4)
    assert "ZeroDivisionError" in error.message
    huge = runner.run("raise ValueError('x' * 10**7)").end.error
    assert huge is not None
    assert len(huge.message) < 100_000
    assert sum(map(len, huge.traceback)) < 200_000


def test_a_chained_error_shows_its_cause(runner: Runner) -> None:
    error = runner.run("try:\n    1/0\nexcept Exception as e:\n    raise ValueError('v') from e").end.error
    assert error is not None
    assert "direct cause" in "\n".join(error.traceback)
    assert error.line == 4


def test_the_next_cell_finds_its_surroundings_whole(runner: Runner) -> None:
    runner.run(
        "import builtins, os, sys\n"
        "for name in ('print', 'len', 'isinstance', 'open', 'str'): setattr(builtins, name, None)\n"
        "sys.stdout = sys.stderr = None\nsys.setrecursionlimit(60)\nos.close(1); os.close(2)"
    )
    ran = runner.run("import os\nprint(len('four'))\nx = os.write(1, b'raw\\n')")
    assert ran.end.error is None
    assert ran.stdout == "4\nraw\n"


def test_a_module_in_the_working_folder_is_found_but_shadows_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for name in ("json", "sitecustomize", "polars_helper", "socket"):
        (tmp_path / "home" / f"{name}.py").write_text("where = 'here'")
    with running(tmp_path) as runner:
        ran = runner.run("import json, polars_helper\nhasattr(json, 'where'), polars_helper.where")
        assert ran.plain == ["(False, 'here')"]


def test_usage_is_measured(runner: Runner) -> None:
    done = runner.run("b = bytearray(80 * 2**20); n = len(b); del b\nsum(range(3_000_000))").end
    assert done.wall_s > 0.01
    assert done.cpu_s > 0.01
    assert done.memory_peak_bytes is not None
    assert done.memory_peak_bytes > 80 * 2**20
    small = runner.run("1").end.memory_peak_bytes
    assert small is not None
    assert small < done.memory_peak_bytes - 60 * 2**20


def test_a_forked_child_does_not_act_as_the_runner(runner: Runner) -> None:
    code = (
        "import os, sys\npid = os.fork()\n"
        "if pid:\n    os.waitpid(pid, 0)\n    sys.stdout.write('parent\\n')\nelse:\n    print('child')\nNone"
    )
    ran = runner.run(code)
    assert ran.end.status == "succeeded"
    assert sorted(ran.stdout.split()) == ["child", "parent"]
    assert runner.run("1").plain == ["1"]


def test_forked_children_write_whole_lines(runner: Runner) -> None:
    code = (
        "import os\nchildren = []\nfor name in 'abc':\n    pid = os.fork()\n    if pid == 0: break\n"
        "    children.append(pid)\nif pid:\n    for pid in children: os.waitpid(pid, 0)\n"
        "else:\n    for number in range(300): print(name, number)\n    print(name, 'last', end=';')"
    )
    ran = runner.run(code)
    assert ran.end.status == "succeeded"
    lines = [f"{name} {number}" for name in "abc" for number in range(300)]
    for name in "abc":
        assert ran.stdout.count(f"{name} last;") == 1
    assert sorted(re.sub("[abc] last;", "", ran.stdout).splitlines()) == sorted(lines)


def test_what_a_forked_child_flushes_is_written_at_once(runner: Runner) -> None:
    code = (
        "import os\nif os.fork() == 0:\n    print('half', end='', flush=True)\n    os._exit(0)\n"
        "os.wait()\nNone"
    )
    assert runner.run(code).stdout == "half"


def test_a_crash_ends_the_runner_with_what_was_flushed(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        ran = runner.run("import os\nprint('last words', flush=True)\nos._exit(7)")
        assert ran.done is None
        assert ran.stdout == "last words\n"
        assert runner.process.wait(5) == 7


def test_the_runner_ends_when_the_agent_is_gone_even_in_a_cell(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.send("while True: pass")
        runner.cells.close()
        runner.control.close()
        assert runner.process.wait(5) == 0
