"""The wrapper of one Procfile line, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until
from web.stack import records

SLEEPER = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEPER}"
CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]"
PARENT = f"{CHILD}); {SLEEPER}"
KERNEL = f"{CHILD}, start_new_session=True); {SLEEPER}"

Keep = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Folder of records."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def keep(run: Path) -> Iterator[Keep]:
    """Starts a wrapper around ``python -c code``; all is ended afterwards."""
    started = []

    def start(code: str, *options: str, name: str = "line") -> subprocess.Popen[bytes]:
        argv = [
            sys.executable,
            "-m",
            "web.stack.keep",
            name,
            str(run),
            *options,
            "--",
            sys.executable,
            "-c",
            code,
        ]
        with (run / "log").open("ab") as log:
            started.append(subprocess.Popen(argv, stdout=log, stderr=log))
        return started[-1]

    yield start
    records.end_leftovers(run, 0.5)
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(5)


def child(run: Path, name: str = "line") -> records.Process:
    """The process that the wrapper keeps up now."""

    def now() -> records.Process | None:
        record = records.read(run / f"{name}.json")
        return record.child if record and record.child and record.child.alive else None

    found = wait_until(now, 10, "child")
    assert found is not None
    return found


def children_of(process: records.Process) -> list[psutil.Process]:
    """Its children, once there are any."""
    return wait_until(lambda: psutil.Process(process.pid).children(), 10, "children")


def test_a_process_stands_back_for_others_as_far_as_is_told(run: Path, keep: Keep) -> None:
    keep(SLEEPER, "--nice", "7")
    keep(SLEEPER, name="other")
    niceness = {name: psutil.Process(child(run, name).pid).nice for name in ("line", "other")}
    wait_until(lambda: niceness["line"]() == 7, 5, "it stands back")
    assert niceness["other"]() == 0
    groups = [Path(f"/proc/{child(run, name).pid}/autogroup") for name in ("line", "other")]
    if groups[0].exists():
        wait_until(lambda: groups[0].read_text().endswith(" nice 7\n"), 5, "and so does its session")
        assert groups[1].read_text().endswith(" nice 0\n")


def test_a_process_that_ends_is_started_again(run: Path, keep: Keep) -> None:
    keep(SLEEPER)
    first = child(run)
    first.send(signal.SIGKILL)
    wait_until(lambda: child(run) != first, 10, "another child")
    record = records.read(run / "line.json")
    assert record is not None
    assert record.restarts == 1


def test_pauses_between_starts_of_a_process_that_always_fails_get_longer(run: Path, keep: Keep) -> None:
    keep("raise SystemExit(3)")
    log = run / "log"
    wait_until(lambda: "again in 0.8 s" in log.read_text(), 15, "third pause")
    text = log.read_text()
    assert text.index("ended with 3") < text.index("again in 0.2 s") < text.index("again in 0.4 s")


def test_sigterm_ends_the_process_and_then_the_wrapper(run: Path, keep: Keep) -> None:
    wrapper = keep(SLEEPER)
    kept = child(run)
    wrapper.terminate()
    assert wrapper.wait(10) == 0
    assert not kept.alive
    assert not (run / "line.json").exists()


def test_a_process_that_does_not_listen_to_sigterm_is_killed_in_time(run: Path, keep: Keep) -> None:
    wrapper = keep(STUBBORN, "--stop-s", "0.3")
    kept = child(run)
    wait_until(lambda: "up" in (run / "log").read_text(), 10, "handler")
    wrapper.terminate()
    assert wrapper.wait(5) == 0
    assert not kept.alive


def test_its_own_children_end_with_a_process(run: Path, keep: Keep) -> None:
    wrapper = keep(PARENT)
    grandchildren = children_of(child(run))
    wrapper.terminate()
    wrapper.wait(10)
    assert not any(
        psutil.pid_exists(process.pid) and process.status() != "zombie" for process in grandchildren
    )


def test_a_process_dies_with_its_wrapper_that_is_killed(run: Path, keep: Keep) -> None:
    wrapper = keep(SLEEPER)
    kept = child(run)
    wrapper.kill()
    wrapper.wait(5)
    assert records.wait_gone([kept], 5)


def test_what_a_killed_wrapper_left_is_ended_by_the_next_start(run: Path, keep: Keep) -> None:
    wrapper = keep(PARENT)
    grandchildren = children_of(child(run))
    wrapper.kill()
    wrapper.wait(5)
    assert psutil.pid_exists(grandchildren[0].pid)
    assert records.end_leftovers(run) == ["line"]
    assert not any(psutil.pid_exists(p.pid) and p.status() != "zombie" for p in grandchildren)
    assert records.all_of(run) == []


def test_wrappers_that_still_run_are_ended_by_the_next_start(run: Path, keep: Keep) -> None:
    wrapper = keep(SLEEPER)
    kept = child(run)
    assert records.end_leftovers(run) == ["line"]
    assert wrapper.wait(5) == 0
    assert not kept.alive


def test_a_session_of_its_own_below_a_process_outlives_it(run: Path, keep: Keep) -> None:
    wrapper = keep(KERNEL)
    (kernel,) = children_of(child(run))
    wait_until(lambda: os.getsid(kernel.pid) == kernel.pid, 5, "session")
    try:
        wrapper.terminate()
        wrapper.wait(10)
        assert kernel.is_running()
    finally:
        kernel.kill()


def test_a_wrapper_ends_when_the_one_that_started_the_stack_is_gone(run: Path, keep: Keep) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER]) as owner:
        found = records.find(owner.pid)
        assert found is not None
        records.write(run, records.Record(records.OWNER, found, None))
        wrapper = keep(SLEEPER)
        kept = child(run)
        owner.kill()
    assert wrapper.wait(10) == 0
    assert not kept.alive


def test_a_line_that_is_last_waits_for_the_others(run: Path, keep: Keep) -> None:
    last = keep(SLEEPER, "--last", name="redis")
    other = keep(SLEEPER, name="web")
    served = child(run, "redis")
    child(run, "web")
    last.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        last.wait(0.5)
    assert served.alive
    other.terminate()
    assert other.wait(5) == 0
    assert last.wait(5) == 0


def test_a_later_process_with_the_pid_of_a_recorded_one_is_left_alone(run: Path) -> None:
    me = records.me()
    earlier = records.Process(me.pid, me.started - 1, me.boot)
    records.write(run, records.Record("line", earlier, earlier))
    assert records.end_leftovers(run) == []


def test_a_record_that_was_cut_off_counts_as_none(run: Path) -> None:
    (run / "line.json").write_text('{"name": "li')
    assert records.all_of(run) == []
    assert records.end_leftovers(run) == []
