"""`husk flow run` and `husk run` over a real API, with their exit codes. Runs are moved by hand."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from broker_config.wire.states import NodeRunState, RunState
from tests.integration.api_fixtures import alice, api, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import runnable
from tests.integration.shown_runs import ShownRuns
from tests.waiting import wait_until
from web.cli import main
from web.commands.matrix import matrix_of
from web.commands.run_screen import RunScreen

__all__ = ["alice", "api", "kernel", "ready"]

Husk = Callable[..., Result]


@pytest.fixture
def token(api: ApiServer, tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(api.tokens["alice"])
    return file


@pytest.fixture
def husk(api: ApiServer, token: Path) -> Husk:
    """Runs one command as alice."""

    def run(*arguments: str, code: int = 0) -> Result:
        address = f"http://127.0.0.1:{api.port}"
        done = CliRunner().invoke(main, ["--url", address, "--token-file", str(token), *arguments])
        assert done.exit_code == code, (arguments, done.output, done.exception)
        return done

    return run


@pytest.fixture
def flow(alice: httpx.Client, ready: dict[str, Any]) -> dict[str, Any]:
    body = {**runnable(ready["uid"]), "name": f"flow {ready['uid']}"}
    return dict(alice.post("/flows", json=body).json())


@pytest.fixture
def shown(api: ApiServer) -> ShownRuns:
    return ShownRuns(api.services, "alice")


def beside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def newest(alice: httpx.Client, flow: dict[str, Any]) -> str:
    """The run that a command just made."""

    def made() -> str | None:
        rows = alice.get(f"/runs?flow={flow['id']}&state=queued").json()["items"]
        return str(rows[0]["id"]) if rows else None

    return str(wait_until(made, 20))


def test_a_run_is_begun_by_the_flows_name_with_typed_parameters(
    husk: Husk, alice: httpx.Client, flow: dict[str, Any]
) -> None:
    run = husk(
        "flow", "run", flow["name"], "--param", "year=2011", "--no-cache", "--target", "a"
    ).output.strip()
    found = alice.get(f"/runs/{run}").json()
    assert found["parameters"] == {"year": 2011}
    assert (found["options"]["cache"], found["options"]["targets"]) == (False, ["a"])
    listed = json.loads(husk("run", "list", "--flow", flow["name"], "--json").output)
    assert [row["id"] for row in listed] == [run]
    assert flow["name"] in husk("run", "list").output


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--param", "year=x"), 1, "not of the type integer"),
        (("--param", "yaer=1"), 1, "no such parameter"),
        (("--matrix", "year=2013..2011"), 1, "a range goes up"),
        (("--matrix", "year=1..600"), 1, "too many"),
        (("--matrix", "year="), 1, "NAME="),
        (("--matrix", "year=1,2", "--version", "1"), 2, "--version"),
        (("--target", "z"), 1, "no node"),
    ],
)
def test_what_cannot_run_is_said_with_an_exit_code(
    husk: Husk, alice: httpx.Client, flow: dict[str, Any], arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in husk("flow", "run", flow["name"], *arguments, code=code).output
    assert alice.get(f"/runs?flow={flow['id']}").json()["items"] == []


@pytest.mark.parametrize(("state", "code"), [(RunState.SUCCEEDED, 0), (RunState.FAILED, 1)])
def test_waiting_shows_each_node_once_and_exits_by_the_outcome(
    husk: Husk, alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns, state: RunState, code: int
) -> None:
    def engine() -> None:
        run = newest(alice, flow)
        shown.node(run, "a", NodeRunState.RUNNING)
        times = {"created_at": 1.0, "started_at": 2.0, "finished_at": 3.5}
        shown.node(run, "a", NodeRunState.SUCCEEDED, rows_out=1234, **times)
        last = NodeRunState.SUCCEEDED if code == 0 else NodeRunState.FAILED
        error = None if code == 0 else {"type": "ValueError", "message": "no rows"}
        shown.node(run, "b", last, error=error, **times)
        shown.end(run, state)

    moved = beside(engine)
    lines = husk("flow", "run", flow["id"], "--wait", code=code).output.splitlines()
    moved.join(10)
    assert [line.split()[:2] for line in lines if line.startswith(("✓", "✗"))] == [
        ["✓", "Load"],
        ["✓" if code == 0 else "✗", "Train"],
    ]
    assert any("1.5 s" in line and "1,234 rows" in line for line in lines)
    assert ("ValueError: no rows" in "\n".join(lines)) is (code == 1)
    assert state.value in lines[-1]


def test_a_matrix_is_one_group_and_waits_for_all_of_it(
    husk: Husk, alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    ids = husk("flow", "run", flow["id"], "--matrix", "year=2011..2013").output.split()
    assert [alice.get(f"/runs/{run}").json()["parameters"]["year"] for run in ids] == [2011, 2012, 2013]
    assert len({alice.get(f"/runs/{run}").json()["group_id"] for run in ids}) == 1

    def engine() -> None:
        def both() -> list[str] | None:
            rows = alice.get(f"/runs?flow={flow['id']}&state=queued").json()["items"]
            new = [row["id"] for row in rows if row["id"] not in ids]
            return new if len(new) == 2 else None

        for run in wait_until(both, 20):
            shown.end(run, RunState.SUCCEEDED)

    moved = beside(engine)
    done = husk("flow", "run", flow["id"], "--matrix", "year=1990,1995", "--wait", "--json")
    moved.join(10)
    assert json.loads(done.stdout)["states"] == {"succeeded": 2}
    assert "year=1990" in done.stderr


def test_a_run_is_shown_cancelled_resumed_run_again_and_pruned(
    husk: Husk, alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    run = husk("flow", "run", flow["id"]).output.strip()
    error = {"type": "ValueError", "message": "no rows"}
    shown.node(run, "a", NodeRunState.FAILED, error=error, created_at=1.0, started_at=2.0, finished_at=3.0)
    text = husk("run", "show", run).output
    assert "ValueError: no rows" in text
    assert "pending" in text
    assert "cancelled" in husk("run", "cancel", run).output
    shown.end(run, RunState.CANCELLED)
    assert "ended" in husk("run", "cancel", run, code=1).output
    resumed = husk("run", "resume", run).output.strip()
    assert alice.get(f"/runs/{resumed}").json()["resumed_from"] == run
    again = husk("run", "rerun", run).output.strip()
    assert again not in {run, resumed}
    for new in (resumed, again):
        shown.end(new, RunState.SUCCEEDED)
    assert husk("run", "logs", run).output == ""
    assert "would be deleted" in husk("run", "prune", "--older-than", "0", "--keep", "0").output
    assert alice.get(f"/runs/{run}").status_code == 200
    husk("run", "prune", "--older-than", "0", "--keep", "0", "--yes")
    assert "no such run" in husk("run", "show", run, code=1).output


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("p=1..3", "integer", [1, 2, 3]),
        ("p=-1..1", "integer", [-1, 0, 1]),
        ("p=5..5", "integer", [5]),
        ("p=a,b", "string", ["a", "b"]),
        ("p=true,false", "boolean", [True, False]),
        ("p=0.5,1", "number", [0.5, 1]),
        ("p=2012-02-28..2012-03-01", "date", ["2012-02-28", "2012-02-29", "2012-03-01"]),
        ("p=a=b", "string", ["a=b"]),
    ],
)
def test_values_of_a_matrix_are_ranges_or_lists_of_the_parameters_type(
    text: str, kind: str, values: list[Any]
) -> None:
    assert matrix_of({"p": {"type": kind}}, [text]) == {"p": values}


def test_a_screen_without_a_terminal_has_plain_lines() -> None:
    out = io.StringIO()
    node = {
        **{"node_id": "a", "name": "Load", "attempt": 2, "run_s": 1.0, "rows_out": None, "error": None},
        **{"state": "cached", "reason": "as in run x"},
    }
    with RunScreen(out) as screen:
        for _ in range(2):
            screen.show({"type": "node", "node": node})
    text = click.unstyle(out.getvalue())
    assert text.count("\n") == 1
    assert text.split() == ["↺", "Load", "1.0", "s", "attempt", "2", "as", "in", "run", "x"]


class Terminal:
    """``husk flow run --wait`` on a terminal of its own."""

    def __init__(self, api: ApiServer, token: Path, flow: str) -> None:
        ours, theirs = pty.openpty()
        command = ["-m", "web.cli", "--url", f"http://127.0.0.1:{api.port}", "--token-file", str(token)]
        self.process = subprocess.Popen(
            [sys.executable, *command, "flow", "run", flow, "--wait"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._ours = ours
        self.text = ""
        beside(self._read)

    def _read(self) -> None:
        try:
            while data := os.read(self._ours, 4096):
                self.text += data.decode(errors="replace")
        except OSError:
            pass

    def shows(self, text: str, times: int = 1) -> None:
        wait_until(lambda: self.text.count(text) >= times, 20)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def ended(self) -> int:
        return self.process.wait(20)


def test_ctrl_c_asks_and_no_goes_on_yes_cancels(
    api: ApiServer, alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns, token: Path
) -> None:
    terminal = Terminal(api, token, flow["id"])
    run = newest(alice, flow)
    terminal.shows("0/2")
    terminal.interrupt()
    terminal.shows("Cancel the run?")
    terminal.type("n\n")
    shown.node(run, "a", NodeRunState.SUCCEEDED)
    terminal.shows("Load")
    assert alice.get(f"/runs/{run}").json()["cancel_requested_at"] is None
    terminal.interrupt()
    terminal.shows("Cancel the run?", 2)
    terminal.type("y\n")
    wait_until(lambda: alice.get(f"/runs/{run}").json()["cancel_requested_at"], 20)
    shown.end(run, RunState.CANCELLED)
    assert terminal.ended() == 1
    assert "cancelled" in terminal.text


def test_a_second_ctrl_c_leaves_the_run_alone(
    api: ApiServer, alice: httpx.Client, flow: dict[str, Any], token: Path
) -> None:
    terminal = Terminal(api, token, flow["id"])
    run = newest(alice, flow)
    terminal.shows("0/2")
    terminal.interrupt()
    terminal.shows("Cancel the run?")
    terminal.interrupt()
    assert terminal.ended() == 1
    assert "the run goes on" in terminal.text
    assert alice.get(f"/runs/{run}").json()["cancel_requested_at"] is None
