"""Programs within limits, and folders that are gone with whoever made them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.environments import bytecode
from tasks.environments.running import LONGEST_LINE, Bounds, Ended, run
from tasks.environments.workplace import PREFIX, sweep, workplace
from tests.waiting import wait_until

MB = 1_000_000
WIDE = Bounds(30, 500 * MB, 10 * MB, 20 * MB)
TOP = Path(__file__).parents[3]


def running(
    code: str,
    folder: Path,
    bounds: Bounds = WIDE,
    say: Callable[[str], None] = lambda _line: None,
    cancelled: threading.Event | None = None,
) -> Ended:
    """Run Python code within ``bounds``."""
    argv = [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]
    return run(argv, folder, {"ONE": "1"}, bounds, say, cancelled or threading.Event())


def gone(pid: int) -> bool:
    """Whether a process is no more, or only waits to be noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_its_lines_are_told_as_they_come_and_the_last_are_kept(tmp_path: Path) -> None:
    told: list[str] = []
    ended = running(
        """
        import os, sys
        print("one", flush=True); sys.stderr.write("two\\n"); print("\\x1b[31mthree\\x1b[0m\\r", flush=True)
        sys.stdout.buffer.write(b"\\xff\\n\\n" + b"x" * 10000 + b"\\nlast"); sys.stdout.flush()
        print(sorted(os.environ), os.getcwd())
        sys.exit(3)
        """,
        tmp_path,
        say=told.append,
    )
    assert (ended.code, ended.why) == (3, "")
    assert told[:4] == ["one", "two", "three", "\ufffd"]
    assert len(told[4]) == LONGEST_LINE
    assert told[5] == f"last['LC_CTYPE', 'ONE'] {tmp_path}"
    assert list(ended.lines) == told


def test_a_stop_ends_it_with_all_that_it_has_started(tmp_path: Path) -> None:
    cancelled, told = threading.Event(), []

    def say(line: str) -> None:
        told.append(int(line))
        cancelled.set()

    ended = running(
        "import os, time\nif os.fork():\n print(os.getpid(), flush=True)\ntime.sleep(100)",
        tmp_path,
        say=say,
        cancelled=cancelled,
    )
    assert ended.why == "cancelled"
    assert gone(told[0])

    def left() -> list[int]:
        ours = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _session(path) == told[0]]
        return [pid for pid in ours if not gone(pid)]

    wait_until(lambda: not left(), 10, "the others have ended, too")


def _session(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[3])
    except OSError:
        return 0


def test_it_has_so_much_time_and_no_more(tmp_path: Path) -> None:
    bounds = Bounds(0.5, 500 * MB, MB, MB)
    assert running("import time; time.sleep(100)", tmp_path, bounds).why == "time"
    silent = "import os, time; os.close(1); os.close(2); time.sleep(100)"
    assert running(silent, tmp_path, bounds).why == "time"


def test_it_may_write_so_much_in_all(tmp_path: Path) -> None:
    code = """
        import time
        for n in range(100):
            open(f"f{n}", "wb").write(bytes(1_000_000)); time.sleep(0.02)
    """
    assert running(code, tmp_path, Bounds(30, 500 * MB, 2 * MB, 5 * MB)).why == "size"
    assert running(code, tmp_path, Bounds(30, 500 * MB, 2 * MB, 500 * MB)).why == ""


def test_it_may_write_so_much_into_one_file(tmp_path: Path) -> None:
    ended = running("open('f', 'wb').write(bytes(3_000_000))", tmp_path, Bounds(30, 500 * MB, 2 * MB, 9 * MB))
    assert ended.code == 1
    assert "File too large" in ended.lines[-1]


def test_it_may_have_so_much_memory(tmp_path: Path) -> None:
    ended = running("x = bytes(600_000_000)", tmp_path)
    assert ended.code == 1
    assert ended.lines[-1] == "MemoryError"
    assert running("x = bytes(100_000_000)", tmp_path).code == 0


def test_what_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not there"):
        run([str(tmp_path / "x")], tmp_path, {}, Bounds(1, MB, MB, MB), print, threading.Event())


HOLDER = """
import sys, threading
sys.path.insert(0, {top!r})
from pathlib import Path
from tasks.environments.running import Bounds, run
from tasks.environments.workplace import workplace
with workplace(Path({folder!r})) as place:
    (place / "half").mkdir()
    (place / "half").chmod(0)
    argv = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(100)"]
    bounds = Bounds(100, 10**9, 10**9, 10**9)
    run(argv, place, {{}}, bounds, lambda line: print(line, flush=True), threading.Event())
"""


def test_who_is_killed_takes_the_program_along_and_leaves_a_folder_that_the_next_one_removes(
    tmp_path: Path,
) -> None:
    code = HOLDER.format(top=str(TOP), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        program = int(holder.stdout.readline())
        with workplace(tmp_path) as place:
            assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 2, "who is at work is left in peace"
            assert place.stat().st_mode & 0o777 == 0o700
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    wait_until(lambda: gone(program), what="the program's end")
    with workplace(tmp_path) as place:
        assert list(tmp_path.iterdir()) == [place]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_work_is_gone_when_the_work_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with workplace(tmp_path) as place:
            (place / "out").symlink_to(TOP)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []
    assert (TOP / "pyproject.toml").exists()


def test_what_was_left_just_made_or_half_removed_goes_at_once(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}just-made").mkdir(mode=0o700)
    half = tmp_path / f"{PREFIX}half-removed"
    (half / "env" / "lib").mkdir(parents=True)
    (half / "env" / "lib" / "m.py").touch()
    with workplace(tmp_path) as place:
        assert list(tmp_path.iterdir()) == [place]


SWEEPER = """
import sys
sys.path.insert(0, {top!r})
from pathlib import Path
from tasks.environments.workplace import sweep
print("begun", flush=True)
while True:
    sweep(Path({folder!r}))
"""


def test_nobody_is_robbed_of_a_folder_by_those_who_sweep_all_the_time(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", SWEEPER.format(top=str(TOP), folder=str(tmp_path))]
    with contextlib.ExitStack() as ending:
        for _ in range(2):
            sweeper = ending.enter_context(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
            ending.callback(sweeper.kill)
            assert sweeper.stdout is not None
            assert sweeper.stdout.readline() == "begun\n"
        for _ in range(300):
            with workplace(tmp_path) as place:
                (place / "env").mkdir()
                sweep(tmp_path)
                assert (place / "env").is_dir()
    assert list(tmp_path.iterdir()) == []


def test_who_compiles_ends_with_who_started_it(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    # Enough that none is done before it is looked at.
    for number in range(3_000):
        (folder / f"m{number}.py").write_text("X = [\n" + "    {'a': (1, 2.5, 'b')},\n" * 200 + "]\n")
    argv = [sys.executable, "-I", "-S", bytecode.__file__, str(folder), str(tmp_path / "kept"), "2"]
    with subprocess.Popen(argv) as compiler:
        children = Path(f"/proc/{compiler.pid}/task/{compiler.pid}/children")
        pids = wait_until(
            lambda: found if len(found := children.read_text().split()) == 2 else [], what="two at work"
        )
        wait_until(lambda: any(folder.rglob("*.pyc")), what="the first module")
        compiler.kill()
        compiler.wait()
    wait_until(lambda: all(gone(int(pid)) for pid in pids), what="their end")
    assert len(list(folder.rglob("*.pyc"))) < 3_000
