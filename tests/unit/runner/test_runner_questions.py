"""Questions on the control channel, answered while a cell runs; dropped namespaces."""

from __future__ import annotations

import time
from pathlib import Path

from broker_config.wire.frames import Evicted, InterruptCell, Reply
from tests.unit.runner.process import Runner, running


def test_ping_names_the_cell_that_runs(runner: Runner) -> None:
    assert runner.ask("ping").data["execution_id"] == ""
    name = runner.send("print('on', flush=True)\nwhile True: pass")
    answers: list[str] = []

    def watch(_frame: object) -> None:
        if not answers:
            answers.append(runner.ask("ping").data["execution_id"])
            runner.control.send(InterruptCell(name))

    runner.collect(name, watch)
    assert answers == [name]


def test_completions_come_from_live_objects_also_while_a_cell_runs(runner: Runner) -> None:
    runner.run("import os\nabcdef = 1")
    name = runner.send("print('on', flush=True)\nwhile True: pass")
    replies: list[Reply] = []

    def watch(_frame: object) -> None:
        if not replies:
            replies.append(runner.ask("complete", code="os.pathco", cursor=9, flow_id="f"))
            replies.append(runner.ask("complete", code="x = abcd", cursor=8, flow_id="f"))
            runner.control.send(InterruptCell(name))

    runner.collect(name, watch)
    first, second = (reply.data for reply in replies)
    assert any(match.endswith("pathconf") for match in first["matches"])
    assert (second["matches"], second["cursor_start"], second["cursor_end"]) == (["abcdef"], 4, 8)
    assert runner.ask("complete", code="abc", cursor=3, flow_id="unknown").data["matches"] == []


def test_inspection_tells_signature_and_documentation(runner: Runner) -> None:
    runner.run("def area(width, height):\n    'Width times height.'")
    data = runner.ask("inspect", code="area(", cursor=4, flow_id="f").data
    assert data["found"] is True
    assert "Width times height." in data["text"]
    assert runner.ask("inspect", code="nothing_here", cursor=3, flow_id="f").data["found"] is False


def test_variables_are_listed_with_type_size_and_short_repr(runner: Runner) -> None:
    runner.run(
        "import os\nnumber = 5\ntext = 'x' * 10_000\nframe = pl.DataFrame({'a': [1, 2]})\n_hidden = 1", "vars"
    )
    data = runner.ask("variables", flow_id="vars").data
    rows = {row["name"]: row for row in data["variables"]}
    assert set(rows) == {"number", "text", "frame"}
    assert (rows["number"]["type"], rows["number"]["repr"]) == ("int", "5")
    assert len(rows["text"]["repr"]) < 300
    assert rows["text"]["size"] > 10_000
    assert rows["frame"]["repr"] == "DataFrame 2 × 1"
    assert runner.ask("variables", flow_id="unknown").data["variables"] == []


def test_a_hostile_repr_neither_breaks_nor_blocks_the_list(runner: Runner) -> None:
    runner.run("class Raises:\n    def __repr__(self): raise SystemExit\nr = Raises()\nafter = 1", "hostile")
    rows = {row["name"]: row["repr"] for row in runner.ask("variables", flow_id="hostile").data["variables"]}
    assert (rows["r"], rows["after"]) == ("<Raises: its repr raised SystemExit: >", "1")
    runner.run("class Hangs:\n    def __repr__(self):\n        while True: pass\nr = Hangs()", "hostile")
    started = time.monotonic()
    reply = runner.ask("variables", flow_id="hostile")
    assert time.monotonic() - started < 5
    rows = {row["name"]: row["repr"] for row in reply.data["variables"]}
    assert "too long" in rows["r"]
    assert runner.ask("ping").error is None
    assert runner.run("'fine'").plain == ["'fine'"]


def test_the_namespace_used_longest_ago_is_dropped_and_its_flow_is_told(tmp_path: Path) -> None:
    with running(tmp_path, namespaces=2) as runner:
        runner.run("x = 1", "a")
        runner.run("x = 1", "b")
        runner.run("x", "a")
        runner.run("x = 1", "c")
        frame = runner.control.recv()
        assert frame is not None
        assert isinstance(frame.message, Evicted)
        assert frame.message.flow_id == "b"
        assert runner.run("x", "a").plain == ["1"]
        told = runner.run("'x' in globals()", "b")
        assert told.plain == ["False"]
        assert "variables of this flow were dropped" in told.stderr
        assert runner.run("1", "b").stderr == ""
