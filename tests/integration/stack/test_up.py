"""`husk up`, from nothing to an answered question and back to nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
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

LINES = {"redis", "objects", "gateway", "web", "lifecycle", "flows", "desk", "recorder", "beat", "flower"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A stack that a test starts and ends itself."""
    made = Stack(tmp_path)
    yield made
    made.sweep()


@pytest.fixture
def running(stack: Stack) -> Stack:
    """The stack of this module, which a test before this one may have ended."""
    if stack.process is None or stack.process.poll() is not None:
        stack.up()
    return stack


def test_it_tells_addresses_and_the_time_of_each_step(stack: Stack) -> None:
    said = stack.said
    assert f"{stack.url}/api/v1/docs" in said
    assert stack.flower_url in said
    assert str(stack.data_dir / "admin.token") in said
    assert (stack.data_dir / "admin.token").read_text().strip() not in said
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
    for url in (f"{stack.url}/api/v1/docs", f"{stack.url}/api/v1/openapi.json"):
        assert httpx.get(url, follow_redirects=True, timeout=10).status_code == 200, url


def test_its_link_logs_in_once_and_lands_on_the_examples_run(stack: Stack) -> None:
    found = re.search(rf"{re.escape(stack.url)}/login#link=(\S+)", stack.said)
    assert found is not None
    with httpx.Client(base_url=f"{stack.url}/api/v1", timeout=10) as browser:
        answer = browser.post("/login", json={"link": found[1]}).json()
        assert answer["user"]["name"] == "admin"
        shown = browser.get(answer["landing"]).json()
        assert (shown["flow_name"], shown["state"]) == ("late flights", "succeeded")
        assert {node["state"] for node in shown["nodes"]} == {"succeeded"}
        assert browser.post("/login", json={"link": found[1]}).status_code == 401
    assert found[1] not in stack.stack_log


def test_flower_opens_for_an_admins_session_alone(stack: Stack) -> None:
    paths = ("", "tasks", "broker", "metrics", "healthcheck", "api/workers", "static/js/flower.js")
    token = {"Authorization": f"Bearer {(stack.data_dir / 'admin.token').read_text().strip()}"}
    with stack.browser() as browser:
        for path in paths:
            url = f"{stack.flower_url}{path}"
            assert browser.get(url).status_code == 200, path
            assert httpx.get(url, timeout=10).status_code == 401, path
            assert httpx.get(url, headers=token, timeout=10).status_code == 403, path
        page = browser.get(stack.flower_url)
        scripts = re.findall(r"<script[^>]*>([^<]+)</script>", page.text)
        for text in scripts:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]
        assert scripts
        assert "Set-Cookie" not in page.headers


def test_flowers_own_port_answers_nobody(stack: Stack) -> None:
    for path in ("/", "/flower/", "/metrics", "/flower/metrics", "/healthcheck", "/flower/healthcheck"):
        for header in ({}, {"Authorization": "Basic aHVzazpodXNr"}, {"Authorization": "Basic"}):
            answer = httpx.get(f"http://127.0.0.1:{stack.flower_port}{path}", headers=header, timeout=10)
            assert answer.status_code == 401, (path, header)


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


def test_doctor_answers_before_the_first_start(own: Stack) -> None:
    done = own.husk("doctor", "--json")
    assert done.returncode == 1, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert found["processes"]["mend"] == "start the stack: `husk up`"
    assert found["ports"]["verdict"] == "good"
    assert "redis" not in found


def test_commands_say_that_nothing_runs_by_their_exit_code(own: Stack) -> None:
    assert own.husk("status").returncode == 3
    assert own.husk("doctor").returncode == 1
    assert own.husk("down").stdout.strip() == "nothing was running"
    assert own.husk("no-such-command").returncode == 2


def test_after_a_kill_of_everything_the_next_start_has_all_again(running: Stack) -> None:
    running.kill_all()
    running.up()
    assert running.json("status")["state"] == "running"
    assert running.husk("down").returncode == 0
    assert running.processes() == []


def test_ctrl_c_ends_everything_and_a_second_start_finds_what_was_there(running: Stack) -> None:
    token = (running.data_dir / "admin.token").read_text()
    assert running.interrupt() == 0
    assert running.processes() == []
    running.up()
    assert (running.data_dir / "admin.token").read_text() == token
    assert [kernel["id"] for kernel in running.json("kernel", "list")] == ["flights", "models"]


def test_a_killed_up_takes_the_stack_with_it(running: Stack) -> None:
    assert running.process is not None
    running.process.kill()
    running.process.wait(10)
    left = [
        one for record in records.all_of(running.data_dir / "run") for one in (record.keeper, record.child)
    ]
    assert len(left) == 2 * len(LINES) + 2
    wait_until(lambda: not any(one and one.alive for one in left), 20, "the stack is gone")


def test_ctrl_c_before_it_is_ready_ends_everything(own: Stack) -> None:
    process = own.start()
    own.child("redis")
    assert own.interrupt() == 0
    assert process.poll() == 0
    assert own.processes() == []
    assert "Traceback" not in own.said
