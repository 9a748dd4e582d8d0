"""The example of docs/schedules.md, as it stands there, in a whole stack."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "schedules.md").read_text()
RUN_S = 90.0


def blocks(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_example_adds_up_files_when_they_come(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "sums.yaml").write_text(blocks("yaml"))
    (tmp_path / "first.csv").write_text("amount\n1\n2\n")
    (tmp_path / "second.csv").write_text("amount\n40\n2\n")
    said: dict[str, str] = {}

    def fires(name: str) -> list[dict[str, Any]]:
        return list(stack.json("schedule", "fires", name))

    def ended() -> bool:
        return bool(fires("arrivals")) and fires("arrivals")[0]["run_state"] not in {"queued", "running"}

    for line in blocks("sh").splitlines():
        words = shlex.split(line)[1:]
        done = stack.husk(*(str(tmp_path / word) if (tmp_path / word).is_file() else word for word in words))
        assert done.returncode == 0, (line, done.stderr)
        said[" ".join(words[1:3])] = done.stdout
        if words[:2] == ["schedule", "trigger"]:
            # The runs take turns on the one kernel.
            wait_until(ended, RUN_S, "the file's run ends")
    assert len(re.findall(r"06:30:00\+0[12]:00", said["next workdays"])) == 3
    assert "every weekday at 06:30, Amsterdam" in said["create sums"] + said["show workdays"] + said["list"]
    (fire,) = fires("arrivals")
    assert fire["run_state"] == "succeeded", stack.json("run", "show", fire["run_id"])
    assert "started" in said["fires arrivals"]
    (run,) = (one for one in stack.json("run", "list") if one["id"] == fire["run_id"])
    assert (run["trigger"], run["parameters"]) == ("file", {"path": "inbox/second.csv"})
