"""`husk flow`, `husk artifact`, `husk files`, `husk logs` over a real API, with their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from click.testing import CliRunner, Result

from broker_config.wire import names
from tasks.ledger import logs
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import DATA, DOCUMENT, Published
from web.cli import main

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

Husk = Callable[..., Result]
FRAME = {
    **{"kind": "frame", "type": "polars.DataFrame", "rows": 3, "columns_total": 1, "head": []},
    "columns": [{"name": "delay", "type": "Float64", "nulls": 1, "min": 0.123456789, "max": 9, "mean": None}],
}
_numbers = iter(range(1_000_000))


@pytest.fixture
def husk(api: ApiServer, tmp_path: Path) -> Husk:
    """Runs one command as alice; what it prints goes through no terminal."""
    token = tmp_path / "token"
    token.write_text(api.tokens["alice"])

    def run(*arguments: str, url: str = "", code: int = 0) -> Result:
        address = url or f"http://127.0.0.1:{api.port}"
        done = CliRunner().invoke(main, ["--url", address, "--token-file", str(token), *arguments])
        assert done.exit_code == code, (arguments, done.output, done.exception)
        return done

    return run


@pytest.fixture
def hers(api: ApiServer) -> Published:
    return Published(api.services, "alice")


def name() -> str:
    return f"thing {next(_numbers)}"


def test_a_flow_goes_to_a_file_and_back_unchanged(husk: Husk, tmp_path: Path) -> None:
    code = "import polars as pl\n\nif True:\n    print('yes', \"no\", 1.0)  # ä\n"
    document = {
        **{
            "name": name(),
            "default_kernel": "work",
            "parameters": {"year": 2013, "since": {"type": "date", "description": "ä: 'yes'"}},
        },
        "nodes": [
            {
                "id": "a",
                "name": "Load",
                "settings": {"code": code, "view": {"tab": "a\tb\n ", "on": "off", "date": "2013-01-01"}},
            },
            {"id": "b", "type": "output"},
        ],
        "connections": [{"from": "a", "to": "b", "input": "delays"}],
    }
    (tmp_path / "in.json").write_text(json.dumps(document))
    made = json.loads(husk("flow", "import", str(tmp_path / "in.json"), "--json").output)
    texts = {}
    for ending in ("json", "yaml"):
        path = tmp_path / f"out.{ending}"
        husk("flow", "export", made["id"], "--output", str(path))
        texts[ending] = path.read_text()
        again = json.loads(husk("flow", "import", str(path), "--json").output)
        for field in ("name", "nodes", "connections", "parameters", "default_kernel"):
            assert again[field] == made[field], ending
        # The same flow is the same text, whoever saved it.
        assert husk("flow", "export", again["id"], "--format", ending).output == texts[ending]
    assert "      import polars as pl\n" in texts["yaml"]
    assert list(json.loads(texts["json"])) == ["name", "nodes", "connections", "parameters", "default_kernel"]


def test_a_notebook_comes_out_of_a_file_and_goes_into_one(husk: Husk, tmp_path: Path) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "ä\n"}
    cell = {
        "id": "a",
        "cell_type": "code",
        "metadata": {},
        "source": "1",
        "execution_count": 1,
        "outputs": [stream],
    }
    title = name()
    file = tmp_path / f"{title}.ipynb"
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    assert f"{title}  nb-" in husk("notebook", "import", str(file)).output
    assert title in husk("notebook", "list").output
    out = tmp_path / "out.ipynb"
    assert "1 cells" in husk("notebook", "export", title, "--output", str(out)).output
    assert nbformat.read(out, as_version=4).cells[0].outputs[0].text == "ä\n"  # type: ignore[no-untyped-call]
    assert json.loads(husk("notebook", "export", title).output)["cells"][0]["source"] == "1"
    again = json.loads(husk("notebook", "import", str(out), "--name", title, "--json").output)
    assert again["cells"][0]["outputs"] == [stream]
    assert "2 notebooks are called" in husk("notebook", "export", title, code=1).output
    husk("notebook", "delete", again["id"], code=1)
    assert "is deleted" in husk("notebook", "delete", again["id"], "--yes").output
    husk("notebook", "delete", title, "--yes")
    assert "there is no notebook" in husk("notebook", "export", title, code=1).output


def test_what_is_no_notebook_is_refused_by_the_command(husk: Husk, tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    for text, said in (("{", "is not JSON"), ("[]", "not a JSON object"), ('{"nbformat": 9}', "nbformat")):
        file.write_text(text)
        assert said in husk("notebook", "import", str(file), code=1).output


def test_a_flow_is_saved_over_shown_and_deleted_by_its_name(
    husk: Husk, hers: Published, tmp_path: Path
) -> None:
    path, called = tmp_path / "f.yaml", name()
    path.write_text(f"name: {called}\nnodes:\n- id: a\n- id: b\nconnections:\n- from: a\n  to: b\n")
    flow_id = json.loads(husk("flow", "import", str(path), "--json").output)["id"]
    hers.output(flow_id, "a")
    husk("flow", "import", str(path), "--to", called, "--version", "1")
    lost = husk("flow", "import", str(path), "--to", called, "--version", "1", code=1)
    assert "saved in the meantime" in lost.output
    shown = husk("flow", "show", called).output
    assert "version 2" in shown
    assert "main (3 rows" in shown
    assert json.loads(husk("flow", "show", flow_id, "--version", "1", "--json").output)["version"] == 1
    assert called in husk("flow", "list").output
    husk("flow", "delete", called, "--yes")
    assert "there is no flow" in husk("flow", "show", called, code=1).output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nname: *x", "aliases"),
        ("name: a\nname: b", "stands twice"),
        ("- 1", "holds no flow"),
        ("{", "not JSON"),
        ("name: [", "not YAML"),
        ("name: x\nnodes: []\nschedule: daily", "schedule"),
        ("name: x\nnodes: [{id: ../x}]", "nodes[0].id"),
    ],
)
def test_a_file_that_is_no_flow_is_refused(husk: Husk, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "flow.txt"
    path.write_text(text)
    before = husk("flow", "list", "--json").output
    done = husk("flow", "import", str(path), code=1)
    assert said in done.output or "allowed are" in done.output
    assert husk("flow", "list", "--json").output == before


def test_the_catalog_is_listed_shown_and_given(husk: Husk, hers: Published, tmp_path: Path) -> None:
    called = name()
    hers.version(called, tags=["prod"], preview=FRAME, description="Delays", inputs=["features"])
    hers.version(called, b"second", namespace="lab")
    assert called in husk("artifact", "list", "--tag", "prod", "--search", "delay").output
    assert [
        row["namespace"]
        for row in json.loads(husk("artifact", "list", "--namespace", "lab", "--json").output)
    ]
    shown = husk("artifact", "show", called).output
    for words in ("version 1", "Delays", "features", "0.123457", "3 × 1 columns"):
        assert words in shown
    assert json.loads(husk("artifact", "show", f"lab::{called}", "--json").output)["version"] == 1
    husk("artifact", "get", called, str(tmp_path))
    assert (tmp_path / f"{called}.pkl").read_bytes() == DATA
    husk("artifact", "get", f"lab::{called}", str(tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == b"second"
    assert (
        "another namespace" in husk("artifact", "show", f"lab::{called}", "--namespace", "b", code=2).output
    )


def test_versions_are_promoted_pruned_and_deleted_with_a_guard(husk: Husk, hers: Published) -> None:
    called = name()
    for number in range(4):
        hers.version(called, f"v{number}".encode())
    assert "version 5 is 1 again" in husk("artifact", "promote", called, "1").output
    said = husk("artifact", "prune", "--keep", "2", "--name", called)
    assert "3 versions" in said.output
    assert "say --delete" in said.output
    found = json.loads(
        husk("artifact", "prune", "--keep", "2", "--name", called, "--delete", "--json").output
    )
    assert [row["version"] for row in found["versions"]] == [1, 2, 3]
    assert "force" in husk("artifact", "delete", called, "--version", "5", code=1).output
    husk("artifact", "delete", called, "--version", "4")
    husk("artifact", "delete", called, "--force")
    assert "no global artifact" in husk("artifact", "show", called, code=1).output
    husk("artifact", "prune", code=2)


def test_a_flows_own_artifacts_are_reached_by_the_flow(
    husk: Husk, hers: Published, alice: httpx.Client, tmp_path: Path
) -> None:
    called = name()
    flow_id = alice.post("/flows", json={**DOCUMENT, "name": called}).json()["id"]
    hers.artifact(flow_id, "model", format="joblib")
    hers.artifact("cells-alone", "x", b"loose")
    assert "model" in husk("artifact", "list", "--flow", called).output
    assert "Load" in husk("artifact", "show", "model", "--flow", called).output
    husk("artifact", "get", "model", str(tmp_path), "--flow", flow_id)
    assert (tmp_path / "model.joblib").read_bytes() == DATA
    assert json.loads(husk("artifact", "list", "--flow", "cells-alone", "--json").output)[0]["name"] == "x"
    husk("artifact", "delete", "model", "--flow", called)
    husk("artifact", "show", "model", "--flow", called, code=1)


def test_files_are_put_listed_restored_and_removed(husk: Husk, tmp_path: Path) -> None:
    local = tmp_path / "a.txt"
    for text in ("one", "two"):
        local.write_text(text)
        husk("files", "put", str(local), "cli/a.txt")
    assert "version 3" in husk("files", "restore", "cli/a.txt", "1").output
    versions = json.loads(husk("files", "versions", "cli/a.txt", "--json").output)
    assert [row["version"] for row in versions] == [3, 2, 1]
    husk("files", "get", "cli/a.txt", str(tmp_path / "b.txt"), "--version", "2")
    assert (tmp_path / "b.txt").read_text() == "two"
    husk("files", "get", "cli/a.txt", str(tmp_path))
    assert local.read_text() == "one"
    assert "cli/" in json.loads(husk("files", "ls", "--folder", "--json").output)
    assert "cli/a.txt" in husk("files", "ls", "cli/").output
    assert husk("files", "list", "cli/", "--json").output == husk("files", "ls", "cli/", "--json").output
    husk("files", "rm", "cli/a.txt")
    assert "deleted" in husk("files", "versions", "cli/a.txt").output
    husk("files", "get", "cli/a.txt", str(tmp_path), code=1)


def test_lines_of_logs_are_searched(
    api: ApiServer, husk: Husk, alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any]
) -> None:
    flow, body = names.new_uid(), {"code": "1", "node_id": "train"}
    run = alice.post(f"/kernels/{ready['id']}/executions", json={**body, "flow_id": flow}).json()["id"]
    levels = (("INFO", "loaded 5 rows"), ("WARNING", "100% of them LATE"), ("ERROR", "no model"))
    lines = [
        {"level": level, "logger": "flowfile", "message": text, "at": 1.0 + n}
        for n, (level, text) in enumerate(levels)
    ]
    with api.services.ledger.write() as session:
        logs.write(session, {run: lines})

    def found(query: str) -> list[str]:
        return [line["message"] for line in alice.get(f"/logs?flow={flow}&{query}").json()["items"]]

    assert found("") == ["no model", "100% of them LATE", "loaded 5 rows"]
    assert found("level=WARNING") == ["no model", "100% of them LATE"]
    assert found("q=100%25") == found("q=late") == ["100% of them LATE"]
    assert found("q=%25%25") == found("node=other") == []
    assert found(f"kernel={ready['id']}&node=train&execution={run}&limit=1") == ["no model"]
    after = alice.get(f"/logs?flow={flow}&limit=1").json()["next"]
    assert found(f"after={after}&limit=1") == ["100% of them LATE"]
    assert bob.get(f"/logs?flow={flow}").json()["items"] == []
    assert bob.get(f"/logs?kernel={ready['uid']}").status_code == 404
    shares = {"shares": [{"user": "bob", "role": "viewer"}]}
    alice.put(f"/kernels/{ready['uid']}/shares", json=shares)
    assert len(bob.get(f"/logs?kernel={ready['uid']}").json()["items"]) == 3
    told = husk("logs", "--flow", flow, "--level", "warning").output.splitlines()
    assert [line.rpartition("  ")[2] for line in told if "no model" in line or "LATE" in line]
    assert len(told) == 2
    assert "LATE" in told[0]
    assert (
        json.loads(husk("logs", "--flow", flow, "--search", "MODEL", "--json").output)[0]["node_id"]
        == "train"
    )
    assert husk("logs", "--flow", flow, "--lines", "1").output.count("\n") == 1


def test_exit_codes_tell_what_went_wrong(husk: Husk) -> None:
    nowhere = "http://127.0.0.1:9"
    for command in (("flow", "list"), ("artifact", "list"), ("files", "ls"), ("logs",)):
        assert "no Husk answers" in husk(*command, url=nowhere, code=3).output
    for command in (
        ("flow", "export"),
        ("artifact", "promote", "x"),
        ("logs", "--level", "loud"),
        ("files", "get"),
    ):
        husk(*command, code=2)
    for command in (("flow", "export", "nosuch"), ("artifact", "get", "nosuch"), ("files", "get", "no/such")):
        husk(*command, code=1)
