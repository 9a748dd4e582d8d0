"""The README's commands do what it says, in its order, against a whole stack."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack.stack_fixture import Stack

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
COMMANDS = [line.removeprefix(".venv/bin/husk ") for line in README.splitlines() if ".venv/bin/husk " in line]
TARGETS = re.findall(r"^make (\w+)", README, re.MULTILINE)
LINKS = re.findall(r"\]\((docs/[^)]+)\)", README)


def test_every_command_succeeds(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(COMMANDS) >= 5
    for command in COMMANDS:
        done = stack.husk(*shlex.split(command), timeout_s=120)
        # The doctor warns of other listeners of the machine, which is no failure.
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_the_python_example_runs_a_cell(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    example = example.replace("http://127.0.0.1:8420", stack.url)
    names: dict[str, Any] = {"token": (stack.data_dir / "admin.token").read_text().strip()}
    exec(compile(example, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "'text': 'hello\\n'" in printed
    assert "'finished'" in printed


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_every_target_is_one_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", sorted(set(LINKS)))
def test_every_page_is_there(page: str) -> None:
    assert (ROOT / page).is_file()
