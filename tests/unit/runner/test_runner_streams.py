"""stdout and stderr: order, pace, descriptors, floods, what earlier cells left behind."""

from __future__ import annotations

import time

from tests.unit.runner.process import Runner


def test_the_order_of_writing_is_kept_across_both_streams(runner: Runner) -> None:
    ran = runner.run("import sys\nfor i in range(3):\n    print(i)\n    print(i, file=sys.stderr)")
    text = [part for part in ran.frames if isinstance(part, tuple)]
    assert text == [(name, f"{i}\n") for i in range(3) for name in ("stdout", "stderr")]


def test_output_comes_while_the_cell_runs(runner: Runner) -> None:
    seen: list[float] = []
    start = time.monotonic()
    name = runner.send("import time\nprint('first')\ntime.sleep(0.4)")
    runner.collect(name, lambda _frame: seen.append(time.monotonic() - start))
    assert seen[0] < 0.25
    assert seen[-1] >= 0.4


def test_a_hundred_thousand_prints_come_whole_in_few_frames(runner: Runner) -> None:
    ran = runner.run("for i in range(100_000): print(i)")
    assert ran.stdout == "".join(f"{i}\n" for i in range(100_000))
    assert len(ran.frames) < 500
    assert ran.end.wall_s < 2.0


def test_a_huge_string_is_sent_in_pieces(runner: Runner) -> None:
    ran = runner.run("print('é' * 30_000_000)")
    assert len(ran.stdout) == 30_000_001
    assert len(ran.frames) > 10


def test_descriptors_and_children_write_into_the_cells_output(runner: Runner) -> None:
    code = (
        "import os, subprocess\nos.write(1, b'raw\\n')\nos.write(2, b'\\xff\\n')\n"
        "c = subprocess.call('echo child', shell=True)"
    )
    ran = runner.run(code)
    assert ran.stdout == "raw\nchild\n"
    assert ran.stderr == "\ufffd\n"


def test_a_character_split_between_two_writes_stays_whole(runner: Runner) -> None:
    code = "import os, time\nfor b in 'é'.encode(): os.write(1, bytes([b])); time.sleep(0.1)"
    assert runner.run(code).stdout == "é"
    assert (
        runner.run("import sys\nfor b in 'é'.encode(): n = sys.stdout.buffer.write(bytes([b]))").stdout == "é"
    )


def test_the_stream_objects_answer_as_files_do(runner: Runner) -> None:
    code = "import sys\nsys.stdout.encoding, sys.stdout.isatty(), sys.stdout.fileno(), sys.stderr.fileno()"
    assert runner.run(code).plain == ["('utf-8', False, 1, 2)"]
    assert runner.run("sys.stdout.close(); sys.stderr.close()\nprint('open')").stdout == "open\n"
    assert runner.run("print('\\ud800 alone')").stdout == "? alone\n"
    assert runner.run("sys.stdout.write(3)").end.status == "failed"


def test_a_thread_left_behind_writes_to_nowhere(runner: Runner) -> None:
    runner.run(
        "import threading, time\nstop = threading.Event()\n"
        "def late():\n    while not stop.wait(0.01): print('late'); display('late')\n"
        "t = threading.Thread(target=late); t.start()\ntime.sleep(0.05)"
    )
    ran = runner.run(
        "time.sleep(0.1)\nprint('mine')\n"
        "new = threading.Thread(target=print, args=('new',)); new.start(); new.join()"
    )
    assert ran.stdout == "mine\nnew\n"
    assert ran.shown == []
    runner.run("stop.set(); t.join()")


def test_a_thread_that_writes_all_the_time_gets_nothing_into_later_cells(runner: Runner) -> None:
    runner.run(
        "import threading\nstop = threading.Event()\n"
        "def late():\n    while not stop.is_set(): print('late')\n"
        "t = threading.Thread(target=late); t.start()"
    )
    assert {runner.run("print('mine')").stdout for _ in range(100)} == {"mine\n"}
    runner.run("stop.set(); t.join()")


def test_a_process_left_behind_writes_to_nowhere_and_lives(runner: Runner) -> None:
    runner.run(
        "import subprocess\n"
        "p = subprocess.Popen('while :; do echo late; sleep 0.01; done', shell=True, stdout=None)"
    )
    ran = runner.run("time.sleep(0.1)\nprint(p.poll())")
    assert ran.stdout == "None\n"
    runner.run("p.kill(); p.wait()")


def test_processes_of_multiprocessing_write_into_the_cell(runner: Runner) -> None:
    code = (
        "import multiprocessing\n"
        "def double(x):\n    print('in child', x)\n    return 2 * x\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool: got = pool.map(double, [1, 2])\ngot"
    )
    ran = runner.run(code, flow="mp")
    assert ran.plain == ["[2, 4]"]
    assert ran.stdout == "in child 1\nin child 2\n"


def test_logging_records_go_to_the_viewer_and_basic_config_still_works(runner: Runner) -> None:
    ran = runner.run("import logging\nlogging.warning('careful')\nlogging.info('quiet')")
    assert ran.logs == [("WARNING", "careful")]
    ran = runner.run("logging.basicConfig(level=logging.INFO)\nlogging.getLogger('a.b').info('n=%d', 5)")
    assert ran.logs == [("INFO", "n=5")]
    assert "INFO:a.b:n=5" in ran.stderr
    ran = runner.run("logging.getLogger().handlers.clear(); logging.info('%d', 'x')")
    assert ran.end.status == "succeeded"
    assert runner.run("logging.error('back')").logs == [("ERROR", "back")]
