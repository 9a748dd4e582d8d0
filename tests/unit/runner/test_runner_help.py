"""Help in the editor by a real runner: kinds, signatures, hover; objects that resist; what jedi knows."""

from __future__ import annotations

from typing import Any

from broker_config.wire.frames import InterruptCell, Reply
from tests.unit.runner.process import Runner
from tests.waiting import wait_until

HOSTILE = """
class Endless:
    def __dir__(self):
        while True: pass
    def __repr__(self):
        while True: pass
    def __getattr__(self, name):
        while True: pass
class Rude:
    __slots__ = ()
    def __dir__(self): raise SystemExit
    def __repr__(self): raise KeyboardInterrupt
    def __getattribute__(self, name): raise RuntimeError(name)
    @property
    def __class__(self): raise RuntimeError
endless, rude, plain = Endless(), Rude(), 5
"""


def ask(runner: Runner, kind: str, code: str, flow: str = "f") -> dict[str, Any]:
    reply = runner.ask(kind, code=code, cursor=len(code), flow_id=flow)
    assert reply.error is None
    return reply.data


def kinds(data: dict[str, Any]) -> dict[str, str]:
    return dict(zip(data["matches"], data["kinds"], strict=True))


def test_completions_tell_what_kind_of_thing_each_is(runner: Runner) -> None:
    runner.run(
        "import json as zz_module\nzz_value = {'zz_key': 1}\ndef zz_call(zz_param): pass\n"
        "class zz_Class:\n    @property\n    def zz_got(self): raise ValueError\n    zz_field = 1\n"
        "zz_thing = zz_Class()"
    )
    assert kinds(ask(runner, "complete", "zz_")) == {
        **{"zz_module": "module", "zz_value": "variable", "zz_call": "function"},
        **{"zz_Class": "class", "zz_thing": "variable"},
    }
    assert kinds(ask(runner, "complete", "zz_thing.zz")) == {"zz_got": "property", "zz_field": "variable"}
    assert kinds(ask(runner, "complete", "zz_value['"))["zz_key"] == "key"
    assert kinds(ask(runner, "complete", "zz_call(zz_p"))["zz_param="] == "param"
    assert kinds(ask(runner, "complete", "whil")) == {"while": "keyword"}
    assert kinds(ask(runner, "complete", "%who"))["%whos"] == "magic"
    assert not [one for one in ask(runner, "complete", "wh")["matches"] if one.startswith("%")]


def test_a_chain_of_calls_is_completed_and_explained_without_being_run(runner: Runner) -> None:
    runner.run("import polars as pl\ndf = pl.DataFrame({'aa': [1], 'bb': ['x']})")
    chain = "df.filter(pl.col('aa') > 1)."
    data = ask(runner, "complete", f"{chain}sele")
    assert (data["matches"], data["cursor_start"]) == (["select", "select_seq"], len(chain))
    shown = ask(runner, "signature", f"{chain}select('aa', ")
    assert shown["label"].startswith("select(*exprs: ")
    assert shown["active"] == 0
    assert "Select columns" in shown["doc"]
    assert ask(runner, "inspect", "df")["repr"] == "DataFrame 1 × 2\naa: Int64\nbb: String"


def test_before_the_first_cell_there_is_help_for_what_every_cell_finds(runner: Runner) -> None:
    assert "read_input" in ask(runner, "complete", "flowfile.read_", "new")["matches"]
    assert "LazyFrame" in ask(runner, "complete", "pl.Lazy", "new")["matches"]
    assert ask(runner, "signature", "flowfile.read_input(", "new")["label"].startswith("read_input(name: str")
    assert runner.ask("variables", flow_id="new").data["variables"] == []


def test_code_that_has_not_run_is_known_to_jedi_sooner_or_later(runner: Runner) -> None:
    code = "def spread(alpha, beta):\n    'Between them.'\nspread("

    def known() -> bool:
        return bool(ask(runner, "signature", code)["label"] == "spread(alpha, beta)")

    wait_until(known, 60, "jedi answered")
    assert ask(runner, "signature", f"{code}1, ")["active"] == 1
    assert ask(runner, "signature", code)["doc"] == "Between them."
    imported = "from collections import Ord"
    wait_until(lambda: "OrderedDict" in ask(runner, "complete", imported)["matches"], 60)


def test_hostile_objects_neither_hang_nor_break_help(runner: Runner) -> None:
    assert runner.run(HOSTILE, "hostile").end.status == "succeeded"
    late = runner.ask("complete", code="endless.", cursor=8, flow_id="hostile")
    assert "too long" in (late.error or "")
    for code in ("rude.", "rude.x.", "rude(", "rude", "endless.x.y", "endless(", "plain.re"):
        for kind in ("complete", "inspect", "signature"):
            runner.ask(kind, code=code, cursor=len(code), flow_id="hostile")
    rows: list[dict[str, str]] = []
    for _ in range(6):
        # Its type is not asked again: more threads that are stuck would be the end of all help.
        found = runner.ask("variables", flow_id="hostile").data["variables"]
        rows.append({row["name"]: row["repr"] for row in found})
    assert all("takes too long" in row["endless"] for row in rows)
    assert "KeyboardInterrupt" in rows[-1]["rude"]
    assert rows[-1]["plain"] == "5"
    assert ask(runner, "complete", "plain.rea", "hostile")["matches"] == ["real"]
    assert runner.run("plain", "hostile").plain == ["5"]


def test_help_writes_nothing_into_the_output_of_a_running_cell(runner: Runner) -> None:
    runner.run("import warnings\nclass Bad:\n    def __dir__(self): raise BaseException\nbad = Bad()")
    strict = "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n"
    name = runner.send(f"{strict}    print('on', flush=True)\n    while True: pass")
    replies: list[Reply] = []

    def watch(_frame: object) -> None:
        if not replies:
            for asked in ("warn", "warnings.", "bad.", "from os import pa"):
                for kind in ("complete", "inspect", "signature"):
                    replies.append(runner.ask(kind, code=asked, cursor=len(asked), flow_id="f"))
            runner.control.send(InterruptCell(name))

    ran = runner.collect(name, watch)
    assert "warnings" in replies[0].data["matches"]
    assert (ran.stdout, ran.stderr) == ("on\n", "")


def test_a_namespace_of_large_things_is_listed_by_their_first_items(runner: Runner) -> None:
    runner.run(
        "import pandas as pd\nbig = list(range(1_000_000))\ntable = dict.fromkeys(big)\n"
        "words = pd.DataFrame({'a': ['x' * 50] * 1000})\n"
        "import time\nclass Heavy:\n    def __repr__(self): return time.sleep(0.2) or repr(big)\n"
        "for i in range(3): globals()[f'heavy{i}'] = Heavy()\n"
        "for i in range(2_000): globals()[f'x{i}'] = i",
        "large",
    )
    data = runner.ask("variables", flow_id="large").data
    assert data["total"] == 2_008
    assert len(data["variables"]) == 1_000
    rows = {row["name"]: row for row in data["variables"]}
    assert rows["big"]["repr"] == "list of 1000000: 0, 1, 2, 3, 4, 5, …"
    assert rows["words"]["repr"] == "DataFrame 1000 × 1"
    assert rows["words"]["size"] < 100_000
    again = {row["name"]: row for row in runner.ask("variables", flow_id="large").data["variables"]}
    assert again["heavy2"]["repr"] == "<Heavy: its repr takes too long>"
