"""The examples of docs/flows.md and docs/runs.md, as they stand there, in a whole stack."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.integration.stack.stack_fixture import Stack

DOCS = Path(__file__).resolve().parents[3] / "docs"
RUN_S = 120


def block(page: str, language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    return str(found)


def commands(page: str) -> Iterator[list[str]]:
    for line in block(page, "sh").splitlines():
        yield shlex.split(line, comments=True)[1:]


def husk(stack: Stack, folder: Path, words: list[str], **said: str) -> Any:
    """A command as it stands there; files are those of the folder."""
    named = [str(folder / word) if re.fullmatch(r"[a-z]+\.(yaml|csv|txt)", word) else word for word in words]
    return stack.husk(*(said.get(word, word) for word in named), timeout_s=RUN_S)


def test_orders_are_added_up_and_the_flow_comes_back_as_a_file(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(block("flows.md", "yaml"))
    (tmp_path / "orders.csv").write_text("customer,amount\n1,5\n1,20\n2,30\n3,12.5\n")
    for words in commands("flows.md"):
        done = husk(stack, tmp_path, words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    totals = pl.read_csv(tmp_path / "totals.csv")
    assert totals.rows() == [("DE", 30.0), ("NL", 32.5)]
    assert stack.json("flow", "show", "orders")["version"] == 2


def test_a_run_that_failed_goes_on_where_it_stopped(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "fragile.yaml").write_text(block("runs.md", "yaml"))
    (tmp_path / "go.txt").write_text("go")
    said: dict[str, str] = {}
    shown: dict[str, str] = {}
    for words in commands("runs.md"):
        done = husk(stack, tmp_path, words, **said)
        fails = words[:2] == ["flow", "run"] and "factor=10" in words
        assert done.returncode == (1 if fails else 0), (words, done.stdout, done.stderr)
        shown[" ".join(words[:2])] = done.stdout + done.stderr
        if words[:2] == ["run", "list"]:
            said["RUN"] = stack.json("run", "list", "--flow", "fragile")[0]["id"]
        if words[:2] == ["run", "resume"]:
            said["RUN"] = stack.json("run", "list", "--flow", "fragile")[0]["id"]
    runs = stack.json("run", "list", "--flow", "fragile")
    assert [run["parameters"]["factor"] for run in runs] == [3, 2, 1, 10, 10]
    failed, resumed = (stack.json("run", "show", run["id"]) for run in (runs[4], runs[3]))
    assert [node["state"] for node in failed["nodes"]] == ["succeeded", "failed", "skipped"]
    assert resumed["resumed_from"] == failed["id"]
    assert resumed["state"] == "succeeded"
    assert "looks for the file" in shown["run logs"]
    assert "0 runs" in shown["run prune"]


def test_the_python_example_follows_a_run(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    example = block("runs.md", "python").replace("http://127.0.0.1:8420", stack.url)
    names: dict[str, Any] = {"token": (stack.data_dir / "admin.token").read_text().strip()}
    exec(compile(example, "runs.md", "exec"), names)
    assert capsys.readouterr().out.splitlines()[-1] == "succeeded"
