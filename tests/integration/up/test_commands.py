"""The command line against a whole stack: what it prints, and its exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import httpx
from pydantic import SecretStr

from broker_config.settings import Settings
from tests.integration.stack.stack_fixture import HUSK, Stack
from tests.waiting import wait_until
from web import flower_door

KERNEL = "flights"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COLUMNS = "draw=1&start=0&length=100&order[0][column]=0&order[0][dir]=asc&columns[0][data]=name"


def start_cell(stack: Stack, code: str) -> subprocess.Popen[str]:
    """Begin ``husk exec``; what it prints comes through its standard output."""
    return subprocess.Popen(
        [*HUSK, "exec", KERNEL, code],
        env=stack.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str], seconds: float = 20.0) -> tuple[int, str]:
    """Exit code and the rest of what it printed, within a bound."""
    text, _ = process.communicate(timeout=seconds)
    return process.returncode, text


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line that it prints."""
    assert process.stdout is not None
    watchdog = threading.Timer(20.0, process.kill)
    watchdog.start()
    try:
        return process.stdout.readline().strip()
    finally:
        watchdog.cancel()


def test_a_cell_prints_and_shows_its_last_expression(stack: Stack) -> None:
    done = stack.husk("exec", KERNEL, "print('hello')\n40 + 2")
    assert (done.returncode, done.stdout) == (0, "hello\n42\n")


def test_variables_are_there_in_the_next_cell(stack: Stack) -> None:
    assert stack.husk("exec", KERNEL, "kept = 5").returncode == 0
    assert stack.husk("exec", KERNEL, "kept").stdout == "5\n"


def test_a_failed_cell_shows_its_traceback_and_exits_1(stack: Stack) -> None:
    done = stack.husk("exec", KERNEL, "1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr


def test_output_comes_while_the_cell_runs_and_ctrl_c_ends_the_cell_alone(stack: Stack) -> None:
    assert stack.husk("exec", KERNEL, "before = 7").returncode == 0
    process = start_cell(stack, "print('begun', flush=True)\nimport time\ntime.sleep(60)")
    assert first_line(process) == "begun"
    process.send_signal(signal.SIGINT)
    code, text = ended(process)
    assert code == 1
    assert "KeyboardInterrupt" in text
    assert stack.husk("exec", KERNEL, "before").stdout == "7\n"


def test_a_second_ctrl_c_leaves_and_the_cell_goes_on(stack: Stack) -> None:
    deaf = (
        "import time\nprint('begun', flush=True)\nend = time.monotonic() + 4\nwhile time.monotonic() < end:\n"
    )
    process = start_cell(
        stack, deaf + "    try: time.sleep(0.1)\n    except KeyboardInterrupt: pass\ndone = 1"
    )
    assert first_line(process) == "begun"
    process.send_signal(signal.SIGINT)
    assert first_line(process) == ""
    assert "interrupting the cell" in first_line(process)
    process.send_signal(signal.SIGINT)
    code, text = ended(process)
    assert code == 1
    assert "the cell goes on" in text
    assert stack.husk("exec", KERNEL, "done").stdout == "1\n"


def test_a_file_is_run_cell_by_cell_until_one_fails(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "cells.py"
    path.write_text("# %%\nprint('one')\n# %%\nraise ValueError('two')\n# %%\nprint('three')\n")
    done = stack.husk("exec", KERNEL, str(path))
    assert done.returncode == 1
    assert done.stdout == "one\n"
    assert "ValueError: two" in done.stderr


def test_a_notebook_is_run(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "print(a)"]}]}))
    assert stack.husk("exec", KERNEL, str(path)).stdout == "1\n"


def test_json_of_a_cell_is_the_whole_execution(stack: Stack) -> None:
    (execution,) = stack.json("exec", KERNEL, "print('x')")
    assert execution["status"] == "succeeded"
    assert execution["stdout"] == "x\n"


def test_an_unknown_kernel_is_1_wrong_use_is_2_and_no_server_is_3(stack: Stack) -> None:
    assert stack.husk("exec", "nobody", "1").returncode == 1
    assert stack.husk("exec").returncode == 2
    assert stack.husk("--url", "http://127.0.0.1:9", "kernel", "list").returncode == 3


def test_a_kernel_is_made_started_stopped_and_deleted(stack: Stack) -> None:
    assert stack.json("kernel", "create", "other", "--memory-gb", "1", "--env", "A=b")["state"] == "stopped"
    assert stack.json("kernel", "start", "other")["state"] == "ready"
    assert stack.husk("exec", "other", "import os; os.environ['A']").stdout == "'b'\n"
    assert stack.json("kernel", "restart", "other")["state"] == "ready"
    assert stack.husk("kernel", "list").stdout.count("\n") == 4
    assert stack.json("kernel", "stop", "other")["state"] == "stopped"
    assert stack.json("kernel", "delete", "other", "--yes")["state"] == "deleted"
    assert [kernel["id"] for kernel in stack.json("kernel", "list")] == [KERNEL, "models"]


def test_a_cell_starts_a_stopped_kernel_unless_told_not_to(stack: Stack) -> None:
    stack.json("kernel", "create", "sleepy")
    refused = stack.husk("exec", "sleepy", "1", "--no-start")
    assert refused.returncode == 1
    assert "start" in refused.stderr
    assert stack.husk("exec", "sleepy", "1 + 1").stdout == "2\n"
    stack.json("kernel", "delete", "sleepy", "--yes")


def test_files_go_up_and_down_and_cells_read_them(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("from outside")
    assert stack.json("files", "put", str(tmp_path / "a.txt"), "notes/ü a.txt")["size"] == 12
    read = "import flowfile\nprint(open(flowfile.get_shared_location('notes/ü a.txt')).read())"
    assert stack.husk("exec", KERNEL, read).stdout == "from outside\n"
    assert [row["path"] for row in stack.json("files", "list", "notes/")] == ["notes/ü a.txt"]
    assert stack.husk("files", "get", "notes/ü a.txt", str(tmp_path / "b.txt")).returncode == 0
    assert (tmp_path / "b.txt").read_text() == "from outside"
    assert stack.husk("files", "delete", "notes/ü a.txt").returncode == 0
    assert stack.husk("files", "get", "notes/ü a.txt", str(tmp_path / "c.txt")).returncode == 1
    assert not (tmp_path / "c.txt").exists()


def test_tokens_and_users_are_made_and_ended(stack: Stack, tmp_path: Path) -> None:
    assert stack.json("user", "create", "carla")["role"] == "editor"
    made = stack.json("token", "create", "hers", "--user", "carla")
    (tmp_path / "token").write_text(made["token"])
    hers = ("--token-file", str(tmp_path / "token"))
    assert stack.husk(*hers, "kernel", "list", "--json").stdout.strip() == "[]"
    assert stack.husk(*hers, "exec", KERNEL, "1").returncode == 1
    assert stack.json("user", "disable", "carla")["disabled"] is True
    wait_until(lambda: stack.husk(*hers, "kernel", "list").returncode == 1, 10, "refused")
    own = stack.json("token", "create", "mine")
    assert own["token"] not in stack.husk("token", "list").stdout
    assert stack.husk("token", "revoke", str(own["id"])).returncode == 0


def test_flower_shows_cells_by_kernel_failed_ones_as_failed_and_no_code(stack: Stack) -> None:
    stack.husk("exec", KERNEL, "secret_word_of_this_cell = 1", "--flow", "some-flow")
    stack.husk("exec", KERNEL, "raise KeyError('another_secret_word')", "--flow", "some-flow")

    def tasks() -> list[dict[str, object]]:
        question = f"{COLUMNS}&search[value]=some-flow"
        answer = browser.post(f"{stack.flower_url}tasks/datatable", content=question, headers=FORM)
        return [row for row in answer.json()["data"] if "some-flow" in str(row["kwargs"])]

    with stack.browser() as browser:
        wait_until(lambda: {row["state"] for row in tasks()} == {"SUCCESS", "FAILURE"}, 15, "both in Flower")
        shown = json.dumps(tasks())
    assert "flights" in shown
    assert "secret_word" not in shown


def test_flower_changes_nothing(stack: Stack) -> None:
    settings = Settings(secret_key=SecretStr(_secret_key(stack)), flower_port=stack.flower_port)
    for path in ("api/worker/shutdown/lifecycle", "api/task/send-task/x", "api/task/revoke/x"):
        with stack.browser() as browser:
            assert browser.post(f"{stack.flower_url}{path}", json={}).status_code == 405
        url = flower_door.address(settings, f"/flower/{path}")
        assert httpx.post(url, headers=flower_door.header(settings), timeout=10).status_code == 405


def _secret_key(stack: Stack) -> str:
    lines = (stack.data_dir / "stack.env").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("HUSK_SECRET_KEY="))
