"""Artifacts of a flow and the catalog, as user code meets them."""

from __future__ import annotations

import io

import joblib
import polars as pl
import pytest

from broker_config.wire.flows import Refusal
from tests.unit.runner.process import Ran, Runner


@pytest.fixture(autouse=True)
def fresh(runner: Runner) -> None:
    board = runner.board
    for kept in (board.artifacts, board.published, board.catalog, board.global_published, board.asked):
        kept.clear()
    board.why, board.upstream, board.refusal, board.saved = "", True, None, True


def error_of(ran: Ran) -> tuple[str, str]:
    assert ran.end.error is not None, ran.stdout
    return ran.end.error.type, ran.end.error.message


def content(runner: Runner, name: str) -> bytes:
    return runner.board.artifacts[name][1].read_bytes()


def test_what_is_read_is_what_was_published_whatever_is_done_to_it_afterwards(runner: Runner) -> None:
    code = (
        "held = {'a': [1]}\nflowfile.publish_artifact('d', held)\nheld['a'].append(2)\n"
        "print(flowfile.read_artifact('d'), flowfile.read_artifact('d') is flowfile.read_artifact('d'))"
    )
    assert runner.run(code).stdout == "{'a': [1]} False\n"
    assert (
        runner.run("flowfile.publish_artifact('n', None)\nprint(flowfile.read_artifact('n'))").stdout
        == "None\n"
    )


def test_the_format_fits_the_type(runner: Runner) -> None:
    code = (
        "import numpy as np\nclass Own: pass\n"
        "flowfile.publish_artifact('frame', pl.DataFrame({'a': [1]}))\n"
        "flowfile.publish_artifact('array', np.arange(3))\n"
        "flowfile.publish_artifact('own', Own())\n"
        "print([(a.name, a.format, a.type_name, a.module) for a in flowfile.list_artifacts()])"
    )
    assert eval(runner.run(code).stdout) == [
        ("array", "joblib", "ndarray", "numpy"),
        ("frame", "parquet", "DataFrame", "polars.dataframe.frame"),
        ("own", "cloudpickle", "Own", "__main__"),
    ]
    assert pl.read_parquet(io.BytesIO(content(runner, "frame"))).rows() == [(1,)]
    assert joblib.load(io.BytesIO(content(runner, "array"))).tolist() == [0, 1, 2]


def test_what_a_cell_defines_is_read_in_another_flow_s_namespace(runner: Runner) -> None:
    code = (
        "factor = 3\ndef scale(x): return x * factor\n"
        "class Model:\n    def predict(self, x): return scale(x)\n"
        "flowfile.publish_artifact('m', Model())"
    )
    assert runner.run(code).end.error is None
    ran = runner.run("print(flowfile.read_artifact('m').predict(2), 'Model' in globals())", flow="other")
    assert ran.stdout == "6 False\n"


def test_what_uses_the_names_of_a_cell_finds_them_elsewhere(runner: Runner) -> None:
    code = (
        "def work(x):\n    flowfile.log('working'); display(x)\n    return pl.DataFrame({'a': [x]}).height\n"
        "flowfile.publish_artifact('work', work); flowfile.publish_artifact('pl', pl)"
    )
    assert runner.run(code).end.error is None
    code = "print(flowfile.read_artifact('work')(3), flowfile.read_artifact('pl').__name__)"
    ran = runner.run(code, flow="elsewhere")
    assert (ran.stdout, ran.plain, ran.logs) == ("1 polars\n", ["3"], [("INFO", "working")])


def test_items_of_the_list_have_the_documented_attributes(runner: Runner) -> None:
    code = (
        "for n in 'cab': flowfile.publish_artifact(n, n)\n"
        "a = flowfile.list_artifacts()[0]\nimport datetime as dt\n"
        "print(a.name, a.type_name, a.module, a.node_id, a.flow_id, a.size_bytes > 0, a.format, "
        "a.persisted)\n"
        "print(a.created_at.utcoffset() == dt.timedelta(0), isinstance(flowfile.list_artifacts(), list))\n"
        "flowfile.list_artifacts()"
    )
    ran = runner.run(code)
    assert ran.stdout == "a str builtins n1 f True cloudpickle True\nTrue True\n"
    assert ran.shown[0]["text/html"].startswith("<table><thead><tr><th>name</th>")
    assert runner.run("a.name = 'x'").end.error is not None
    runner.board.artifacts.clear()
    assert runner.run("print(flowfile.list_artifacts())").stdout == "[]\n"


def test_a_missing_name_lists_the_nearest(runner: Runner) -> None:
    runner.run("flowfile.publish_artifact('delays', 1)")
    for call in ("read_artifact('rf_modle')", "delete_artifact('rf_modle')"):
        kind, message = error_of(runner.run(f"flowfile.{call}"))
        assert (kind, "delays'" in message) == ("KeyError", True)
    assert runner.run("flowfile.delete_artifact('delays'); len(flowfile.list_artifacts())").plain == ["0"]


def test_a_producer_that_is_not_upstream_is_named_once(runner: Runner) -> None:
    runner.board.upstream = False
    runner.run("flowfile.publish_artifact('m', 1)")
    for _ in range(2):
        ran = runner.run("flowfile.read_artifact('m')")
        assert ran.plain == ["1"]
        assert ran.stderr.count("FlowfileWarning") == 1
        assert "published by 'Train', which is not upstream of this node" in ran.stderr
    quiet = "import warnings\nwith warnings.catch_warnings(action='ignore'): flowfile.read_artifact('m')"
    assert runner.run(quiet).stderr == ""


@pytest.mark.parametrize(
    "kind", ["KeyError", "ValueError", "TypeError", "RuntimeError", "StorageUnavailable"]
)
def test_a_refusal_is_the_exception_it_names(runner: Runner, kind: str) -> None:
    runner.board.refusal = Refusal(kind, "because")
    for call in ("publish_artifact('n', 1)", "read_artifact('n')", "list_artifacts()", "get_global('n')"):
        found, message = error_of(runner.run(f"flowfile.{call}"))
        assert (found, "because" in message) == (kind, True)
    runner.board.refusal = Refusal("SystemExit", "because")
    assert error_of(runner.run("flowfile.list_artifacts()"))[0] == "RuntimeError"


def test_a_preview_is_made_unless_it_is_not_wanted(runner: Runner) -> None:
    code = (
        "import numpy as np\nflowfile.publish_artifact('a', np.arange(3))\n"
        "flowfile.publish_artifact('b', 1, preview=False)\n"
        "flowfile.publish_artifact('c', pl.LazyFrame({'x': [1, 2]}))\n"
        "class Bad:\n    def __repr__(self): raise ValueError('no')\nflowfile.publish_artifact('d', Bad())"
    )
    assert runner.run(code).end.error is None
    previews = {name: question.preview for name, question in runner.board.published.items()}
    assert previews["a"] is not None
    assert (previews["a"]["kind"], previews["a"]["max"]) == ("array", 2)
    assert previews["b"] is None
    assert previews["c"] is not None
    assert (previews["c"]["rows"], previews["c"]["columns"][0]["max"]) == (2, 2)
    assert previews["d"] is not None
    assert "ValueError: no" in previews["d"]["text"]


@pytest.mark.parametrize("hang", ["__repr__", "__reduce__"])
def test_a_hanging_object_can_be_interrupted_and_is_not_published(runner: Runner, hang: str) -> None:
    code = (
        f"class Stuck:\n    def {hang}(self):\n        print('stuck', flush=True)\n        while True: pass\n"
        "flowfile.publish_artifact('s', Stuck())"
    )
    ran = runner.run_interrupted(code, sign="stuck")
    assert ran.end.status == "cancelled"
    assert runner.board.published == {}
    assert runner.run("flowfile.publish_artifact('t', 1)").end.error is None


def test_what_cannot_be_stored_is_not_sent(runner: Runner) -> None:
    code = (
        "import threading\nclass Net: pass\nnet = Net(); net.lock = threading.Lock()\n"
        "try: flowfile.publish_artifact('n', net)\n"
        "except TypeError as error: print(type(error) is flowfile.NotSerializable, error)"
    )
    out = runner.run(code).stdout
    assert out.startswith("True the artifact 'n' cannot be stored: its part .lock (a lock) cannot be pickled")
    assert runner.board.asked == []


def test_a_figure_that_was_published_is_not_shown_again(runner: Runner) -> None:
    code = (
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\n"
        "flowfile.publish_artifact('fig', figure)"
    )
    ran = runner.run(code)
    assert (ran.end.error, ran.shown) == (None, [])
    found = runner.board.published["fig"].preview
    assert found is not None
    assert found["kind"] == "image"
    assert len(runner.run("figure, axes = plt.subplots()").shown) == 1


# The catalog ------------------------------------------------------------------------------------

PUBLISH = (
    "n = flowfile.publish_global('delay_model', {'w': 1}, description='Minutes late, by month and distance', "
    "tags=['ml', 'classification'])\n"
)


def test_every_call_of_the_catalog_works_as_the_guide_has_it(runner: Runner) -> None:
    assert runner.run(f"{PUBLISH}print(n)").stdout == "1\n"
    (question,) = runner.board.global_published
    assert (question.namespace, question.tags) == ("default", ["ml", "classification"])
    assert question.description == "Minutes late, by month and distance"
    code = (
        "n = flowfile.publish_global('delay_model', {'w': 2}, namespace='default')\n"
        "print(flowfile.get_global('delay_model'), flowfile.get_global('delay_model', version=1))\n"
        "print(flowfile.get_global('default::delay_model', 2))\n"
        "for a in flowfile.list_global_artifacts(tags=['ml']):\n"
        "    print(f'{a.name} v{a.version} {a.python_type}')\n"
        "flowfile.delete_global_artifact('delay_model', version=1)\n"
        "flowfile.delete_global_artifact('delay_model')\nprint(flowfile.list_global_artifacts())"
    )
    assert runner.run(code).stdout.splitlines() == [
        *("{'w': 2} {'w': 1}", "{'w': 2}", "delay_model v1 dict", "[]")
    ]


def test_items_of_the_catalog_have_the_documented_attributes(runner: Runner) -> None:
    runner.run(f"{PUBLISH}n = flowfile.publish_global('other', 1, tags=['ml'], namespace='team')")
    names = (
        "id name namespace version python_type format size_bytes created_at tags description owner flow_id"
    )
    code = (
        f"a = flowfile.list_global_artifacts(tags=['ml', 'classification'])\nprint(len(a))\n"
        f"print([getattr(a[0], n) is not None for n in '{names} node_id'.split()])\n"
        "print([b.name for b in flowfile.list_global_artifacts(namespace='team')],"
        " [b.name for b in flowfile.list_global_artifacts(name='team::other')],"
        " len(flowfile.list_global_artifacts()))"
    )
    assert runner.run(code).stdout.splitlines() == ["1", str([True] * 13), "['other'] ['other'] 2"]


def test_where_nothing_may_be_published_nothing_is_serialized(runner: Runner) -> None:
    runner.board.why = "this is an interactive cell"
    code = (
        "class Loud:\n    def __reduce__(self): print('pickled'); return (int, ())\n"
        "print(flowfile.publish_global('n', Loud()))"
    )
    ran = runner.run(code)
    assert ran.stdout == "-1\n"
    assert ran.stderr.count("FlowfileWarning") == 1
    assert "publish_global stored nothing for 'n': this is an interactive cell" in ran.stderr
    assert runner.board.global_published == []


@pytest.mark.parametrize(
    ("fmt", "expected"), [("joblib", "joblib"), ("pickle", "cloudpickle"), (None, "cloudpickle")]
)
def test_a_format_can_be_asked_for(runner: Runner, fmt: str | None, expected: str) -> None:
    assert runner.run(f"n = flowfile.publish_global('n', [1], fmt={fmt!r})").end.error is None
    assert runner.board.global_published[0].format == expected
    assert runner.run("flowfile.get_global('n')").plain == ["[1]"]
