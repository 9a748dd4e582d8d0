"""`husk up`, from nothing to an answered question and back to nothing."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.stack.stack_fixture import Stack, stack
from tests.waiting import wait_until
from web.stack import records

__all__ = ["stack"]

LINES = {"redis", "objects", "web", "lifecycle", "flows", "desk", "recorder", "beat", "flower"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A stack that a test starts and ends itself."""
    made = Stack(tmp_path)
    yield made
    made.sweep()


def test_it_tells_addresses_token_and_the_time_of_each_step(stack: Stack) -> None:
    said = stack.said
    assert f"{stack.url}/api/v1/docs" in said
    assert stack.flower_url in said
    assert (stack.data_dir / "admin.token").read_text().strip() in said
    for step in ("ledger", "Redis", "S3", "web", "workers", "Flower", "example"):
        assert any(step in line and line.rstrip().endswith(" s") for line in said.splitlines()), step


def test_every_line_of_the_procfile_runs(stack: Stack) -> None:
    told = stack.json("status")
    assert told["state"] == "running"
    assert told["url"] == stack.url
    assert {process["name"] for process in told["processes"] if process["state"] == "running"} == LINES


def test_doctor_finds_nothing_to_mend(stack: Stack) -> None:
    checks = {check["name"]: check for check in stack.json("doctor")["checks"]}
    for name in ("redis", "s3", "database", "api", "flower", "processes", "disk"):
        assert checks[name]["verdict"] == "good", checks[name]
    assert "noeviction" in checks["redis"]["found"]


def test_the_pages_that_it_names_are_there(stack: Stack) -> None:
    for url in (f"{stack.url}/api/v1/docs", f"{stack.url}/api/v1/openapi.json", stack.flower_url):
        assert httpx.get(url, follow_redirects=True, timeout=10).status_code == 200, url


def test_a_process_that_is_killed_comes_back(stack: Stack) -> None:
    before = stack.child("recorder")
    before.send(signal.SIGKILL)
    wait_until(lambda: stack.child("recorder") != before, 15, "another recorder")
    checks = {check["name"]: check for check in json.loads(stack.husk("doctor", "--json").stdout)["checks"]}
    assert "recorder 1×" in checks["processes"]["found"]


def test_a_second_start_in_the_same_folder_is_refused_and_harms_nothing(stack: Stack) -> None:
    done = stack.husk("up")
    assert done.returncode == 1
    assert "runs already" in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("husk:")]) == 1
    assert stack.json("status")["state"] in {"running", "degraded"}


def test_a_taken_port_is_one_line_and_nothing_is_started(own: Stack) -> None:
    port = int(own.environ["HUSK_REDIS_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        done = own.husk("up", "--once")
    assert done.returncode == 1
    assert f"port {port} for Redis is taken" in done.stderr
    assert own.processes() == []


def test_an_unwritable_folder_is_one_line(own: Stack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    own.environ["HUSK_DATA_DIR"] = str(tmp_path / "file" / "data")
    done = own.husk("up", "--once")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_an_unknown_setting_is_one_line(own: Stack) -> None:
    own.environ["HUSK_WEBPORT"] = "1"
    done = own.husk("up", "--once")
    assert done.returncode == 2
    assert "HUSK_WEBPORT" in done.stderr


def test_commands_say_that_nothing_runs_by_their_exit_code(own: Stack) -> None:
    assert own.husk("status").returncode == 3
    assert own.husk("doctor").returncode == 1
    assert own.husk("down").stdout.strip() == "nothing was running"
    assert own.husk("no-such-command").returncode == 2


def test_ctrl_c_ends_everything_and_a_second_start_finds_what_was_there(own: Stack) -> None:
    own.up()
    token = (own.data_dir / "admin.token").read_text()
    assert own.interrupt() == 0
    assert own.processes() == []
    own.up()
    assert (own.data_dir / "admin.token").read_text() == token
    assert [kernel["id"] for kernel in own.json("kernel", "list")] == ["flights"]
    assert own.husk("down").returncode == 0
    assert own.processes() == []


def test_after_a_kill_of_everything_the_next_start_has_all_again(own: Stack) -> None:
    own.up()
    own.kill_all()
    own.up()
    assert own.json("status")["state"] == "running"
    assert own.interrupt() == 0
    assert own.processes() == []


def test_a_killed_up_takes_the_stack_with_it(own: Stack) -> None:
    own.up()
    assert own.process is not None
    own.process.kill()
    own.process.wait(10)
    left = [one for record in records.all_of(own.data_dir / "run") for one in (record.keeper, record.child)]
    assert len(left) == 2 * len(LINES) + 2
    wait_until(lambda: not any(one and one.alive for one in left), 20, "the stack is gone")


def test_ctrl_c_before_it_is_ready_ends_everything(own: Stack) -> None:
    process = own.start()
    own.child("redis")
    assert own.interrupt() == 0
    assert process.poll() == 0
    assert own.processes() == []
    assert "Traceback" not in own.said
