"""`husk schedule` over a real API, with its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from tests.integration.api_fixtures import alice, api, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import runnable
from web.cli import main

__all__ = ["alice", "api", "kernel", "ready"]

Husk = Callable[..., Result]


@pytest.fixture
def husk(api: ApiServer, tmp_path: Path) -> Husk:
    """Runs one command as alice."""
    token = tmp_path / "token"
    token.write_text(api.tokens["alice"])

    def run(*arguments: str, code: int = 0) -> Result:
        address = f"http://127.0.0.1:{api.port}"
        done = CliRunner().invoke(main, ["--url", address, "--token-file", str(token), *arguments])
        assert done.exit_code == code, (arguments, done.output, done.exception)
        return done

    return run


@pytest.fixture
def flow(alice: httpx.Client, ready: dict[str, Any]) -> str:
    document = {**runnable(ready["uid"]), "name": f"flow on {ready['id']}"}
    return str(alice.post("/flows", json=document).json()["name"])


def test_a_schedule_is_made_shown_paused_resumed_fired_and_deleted(husk: Husk, flow: str) -> None:
    told = husk(
        *("schedule", "create", flow, "--name", f"of {flow}", "--cron", "30 6 * * 1-5"),
        *("--timezone", "Europe/Amsterdam", "--param", "year=2012", "--retries", "2", "--timeout", "1h"),
    )
    assert "every weekday at 06:30, Amsterdam" in told.output
    name = f"of {flow}"
    shown = json.loads(husk("schedule", "show", name, "--json").output)
    assert (shown["parameters"], shown["timeout_s"], shown["retries"]) == ({"year": 2012}, 3600.0, 2)
    assert name in husk("schedule", "list", "--flow", flow).output
    slots = json.loads(husk("schedule", "next", name, "--count", "3", "--json").output)
    assert [slot["local"][11:16] for slot in slots] == ["06:30"] * 3
    assert "is paused" in husk("schedule", "pause", name).output
    assert json.loads(husk("schedule", "list", "--flow", flow, "--json").output)[0]["paused"] is True
    assert "goes on: next 2" in husk("schedule", "resume", name).output
    run = json.loads(husk("schedule", "trigger", name, "--json").output)
    assert (run["schedule_id"], run["parameters"]) == (shown["id"], {"year": 2012})
    assert f"{run['id']}" in husk("schedule", "fires", name).output
    assert "had not ended" in husk("schedule", "trigger", shown["id"], code=1).output
    husk("schedule", "delete", name, "--yes")
    assert "there is no schedule" in husk("schedule", "show", name, code=1).output


@pytest.mark.parametrize(
    ("options", "kind", "spec"),
    [
        (["--every", "90m"], "interval", {"every_s": 5400.0}),
        (["--at", "2199-12-01T06:00"], "once", {"at": "2199-12-01T06:00"}),
        (["--file", "inbox/", "--pattern", "*.csv"], "file", {"prefix": "inbox/", "pattern": "*.csv"}),
        (["--cron", "0 * * * *"], "cron", {"cron": "0 * * * *"}),
    ],
)
def test_each_kind_has_its_option(
    husk: Husk, flow: str, options: list[str], kind: str, spec: dict[str, Any]
) -> None:
    made = json.loads(husk("schedule", "create", flow, "--name", "x", *options, "--paused", "--json").output)
    assert (made["kind"], made["spec"], made["paused"]) == (kind, spec, True)


def test_a_flow_after_another_is_named_by_its_name(husk: Husk, alice: httpx.Client, flow: str) -> None:
    other = alice.post("/flows", json={"name": f"after {flow}", "nodes": []}).json()
    made = json.loads(
        husk("schedule", "create", other["id"], "--name", "x", "--after", flow, "--json").output
    )
    assert made["words"] == f"after every success of {flow}"


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        ([], 2, "one of --cron"),
        (["--cron", "* * * * *", "--every", "1h"], 2, "one of --cron"),
        (["--cron", "* * * * *", "--pattern", "*"], 2, "go with --file"),
        (["--every", "soon"], 2, "no length of time"),
        (["--every", "30s"], 1, "60 seconds"),
        (["--cron", "0 0 31 2 *"], 1, "never fires"),
        (["--cron", "* * * * * *"], 1, "five fields"),
        (["--cron", "* * * * *", "--timezone", "Mars/Olympus"], 1, "no time zone"),
        (["--cron", "* * * * *", "--param", "year"], 1, "NAME=VALUE"),
        (["--cron", "* * * * *", "--param", "year=x"], 1, "integer"),
        (["--cron", "* * * * *", "--param", "nope=1"], 1, "no such parameter"),
        (["--after", "no such flow"], 1, "there is no flow"),
    ],
)
def test_what_is_wrong_is_told_with_an_exit_code(
    husk: Husk, flow: str, options: list[str], code: int, why: str
) -> None:
    assert why in husk("schedule", "create", flow, "--name", "x", *options, code=code).output
