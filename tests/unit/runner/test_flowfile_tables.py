"""Inputs and outputs: names, order, errors, what is read and what is written."""

from __future__ import annotations

import http.server
import io
import itertools
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from broker_config.wire.flows import RAN, Column
from tests.unit.runner.process import Ran, Runner, running

NUMBERS = itertools.count()


def table(runner: Runner, name: str, frame: pl.DataFrame) -> tuple[str, Path, list[Column]]:
    path = runner.board.folder / f"{name}-{next(NUMBERS)}.parquet"
    frame.write_parquet(path)
    return name, path, [Column(n, str(kind)) for n, kind in frame.schema.items()]


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Runner]:
    """A node with two inputs."""
    with running(tmp_path) as runner:
        runner.board.inputs = ["orders", "customers"]
        runner.board.tables = [
            table(runner, "orders", pl.DataFrame({"id": [1, 2], "amount": [50.0, 150.0]})),
            table(runner, "customers", pl.DataFrame({"amount": [7.0], "id": [3]})),
        ]
        yield runner


def error_of(ran: Ran) -> tuple[str, str]:
    assert ran.end.error is not None, ran.stdout
    return ran.end.error.type, ran.end.error.message


def written(runner: Runner, name: str = "main") -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(runner.board.outputs[name][1]))


def test_an_input_is_a_lazy_frame_and_main_is_all_of_them_in_order(flow: Runner) -> None:
    code = (
        "df = flowfile.read_input()\nassert type(df) is pl.LazyFrame\n"
        "print(df.collect().rows())\nprint(flowfile.read_input('customers').collect().rows())"
    )
    assert flow.run(code).stdout == "[(1, 50.0), (2, 150.0), (3, 7.0)]\n[(7.0, 3)]\n"
    assert flow.run("flowfile.read_first().collect()['id'].to_list()").plain == ["[1, 2]"]
    code = "{n: [f.collect().height for f in fs] for n, fs in flowfile.read_inputs().items()}"
    assert flow.run(code).plain == ["{'main': [2, 1], 'orders': [2], 'customers': [1]}"]


def test_several_tables_under_one_name_are_put_one_below_the_other(flow: Runner) -> None:
    flow.board.inputs = ["orders", "orders"]
    flow.board.tables = [
        table(flow, "orders", pl.DataFrame({"id": [1]})),
        table(flow, "orders", pl.DataFrame({"id": [2]})),
    ]
    assert flow.run("flowfile.read_input('orders').collect()['id'].to_list()").plain == ["[1, 2]"]
    assert flow.run("flowfile.read_first('orders').collect()['id'].to_list()").plain == ["[1]"]
    assert flow.run("[len(v) for v in flowfile.read_inputs().values()]").plain == ["[2, 2]"]


def test_different_schemas_are_told_by_inputs_and_columns(flow: Runner) -> None:
    flow.board.tables[1] = table(flow, "customers", pl.DataFrame({"id": ["x"], "city": ["y"]}))
    kind, message = error_of(flow.run("flowfile.read_input()"))
    assert kind == "ValueError"
    assert "column 'id' is Int64 in 'orders' and String in 'customers'" in message
    assert "column 'amount' is only in 'orders'" in message
    assert "column 'city' is only in 'customers'" in message
    assert "read_input('orders')" in message
    flow.board.tables = [(name, path, []) for name, path, _columns in flow.board.tables]
    assert error_of(flow.run("flowfile.read_input()")) == (kind, message)
    assert flow.run("len(flowfile.read_inputs()['main'])").plain == ["2"]


def test_an_unknown_name_lists_the_names_there_are(flow: Runner) -> None:
    for call in ("read_input('order')", "read_first('order')"):
        kind, message = error_of(flow.run(f"flowfile.{call}"))
        assert kind == "KeyError"
        assert "there is no input 'order'; there are: main, orders, customers" in message


def test_upstream_nodes_that_have_not_run_are_named(flow: Runner) -> None:
    del flow.board.tables[0]
    flow.board.not_run = {"orders": "Load orders"}
    for call in ("read_input()", "read_input('orders')", "read_first()", "read_inputs()"):
        kind, message = error_of(flow.run(f"flowfile.{call}"))
        assert kind == "RuntimeError"
        assert "upstream nodes have not run yet: 'Load orders' (input 'orders')" in message
    assert flow.run("flowfile.read_input('customers').collect().height").plain == ["1"]
    flow.board.tables = []
    flow.board.not_run = {"orders": "Load orders", "customers": "Load customers"}
    assert "'Load customers' (input 'customers')" in error_of(flow.run("flowfile.read_input()"))[1]


def test_nodes_that_ran_and_published_something_else_are_not_said_to_wait(flow: Runner) -> None:
    del flow.board.tables[0]
    flow.board.not_run = {"orders": f"Load orders{RAN}no output 'main'"}
    for call in ("read_input()", "read_input('orders')", "read_first()", "read_inputs()"):
        kind, message = error_of(flow.run(f"flowfile.{call}"))
        assert kind == "RuntimeError"
        assert "nothing to read: 'Load orders' ran and published no output 'main' (input 'orders')" in message
        assert "have not run" not in message
    flow.board.tables = []
    flow.board.not_run["customers"] = "Load customers"
    message = error_of(flow.run("flowfile.read_input()"))[1]
    assert "have not run yet: 'Load customers' (input 'customers')" in message
    assert "orders" not in message.split("have not run yet")[1]


def test_without_a_flow_there_is_no_upstream(flow: Runner) -> None:
    flow.board.saved = False
    for call in ("read_input()", "read_first('x')", "read_inputs()"):
        kind, message = error_of(flow.run(f"flowfile.{call}"))
        assert (kind, "there is no upstream: this notebook" in message) == ("RuntimeError", True)
    flow.board.saved, flow.board.in_flow = True, False
    assert "not in the flow as it was saved last" in error_of(flow.run("flowfile.read_input()"))[1]


def test_a_node_without_connections_has_no_inputs(flow: Runner) -> None:
    flow.board.inputs, flow.board.tables = [], []
    assert "nothing is connected" in error_of(flow.run("flowfile.read_input()"))[1]
    assert flow.run("flowfile.read_inputs()").plain == ["{'main': []}"]


def test_a_frame_that_was_read_stays_readable_in_later_cells_and_threads(flow: Runner) -> None:
    flow.run("df = flowfile.read_input('orders')")
    flow.board.tables[0][1].unlink()
    code = (
        "import threading\nfound = []\n"
        "t = threading.Thread(target=lambda: found.append(df.select('id').collect()))\n"
        "t.start(); t.join(); found[0]['id'].to_list()"
    )
    assert flow.run(code).plain == ["[1, 2]"]
    assert "1/2 COLUMNS" in flow.run("print(df.select('id').explain())").stdout


class RemoteFile(http.server.BaseHTTPRequestHandler):
    """One file by ranges, as a presigned URL gives it: HEAD is refused, the query string is needed."""

    protocol_version = "HTTP/1.1"
    content = b""
    sent = 0

    def log_message(self, *_args: Any) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer(403, b"")

    def do_GET(self) -> None:
        if not self.path.endswith("?X-Amz-Signature=abc%2F1"):
            self._answer(403, b"")
            return
        first, last = self.headers["range"].removeprefix("bytes=").split("-")
        size = len(self.content)
        start = int(first) if first else size - int(last)
        end = int(last) + 1 if first and last else size
        part = self.content[start:end]
        type(self).sent += len(part)
        self._answer(206, part, f"bytes {start}-{start + len(part) - 1}/{size}")

    def _answer(self, status: int, body: bytes, place: str = "") -> None:
        self.send_response(status)
        if place:
            self.send_header("content-range", place)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def remote() -> Iterator[str]:
    noise = random.Random(1)
    frame = pl.DataFrame({"a": range(1_000_000), "b": [noise.getrandbits(62) for _ in range(1_000_000)]})
    file = io.BytesIO()
    frame.write_parquet(file)
    RemoteFile.content, RemoteFile.sent = file.getvalue(), 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RemoteFile)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/bucket/k/u%2F1?X-Amz-Signature=abc%2F1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_remote_input_is_read_column_by_column_over_its_url(flow: Runner, remote: str) -> None:
    flow.board.tables = [("orders", remote, [Column("a", "Int64"), Column("b", "String")])]
    assert flow.run("df = flowfile.read_input('orders')").end.error is None
    assert RemoteFile.sent == 0
    assert flow.run("df.select(pl.col('a').sum()).collect().item()").plain == ["499999500000"]
    assert RemoteFile.sent < len(RemoteFile.content) / 2


FRAMES = {
    "lazy": "pl.LazyFrame({'a': [1, 2], 'b': ['x', None]})",
    "eager": "pl.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "pandas": "__import__('pandas').DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "arrow": "__import__('pyarrow').table({'a': [1, 2], 'b': ['x', None]})",
}


@pytest.mark.parametrize("form", FRAMES)
def test_an_output_is_written_from_any_frame(flow: Runner, form: str) -> None:
    ran = flow.run(f"flowfile.publish_output({FRAMES[form]})")
    assert (ran.end.error, ran.stderr) == (None, "")
    assert written(flow).rows() == [(1, "x"), (2, None)]
    question, _content = flow.board.outputs["main"]
    assert question.rows == 2
    assert question.columns == [Column("a", "Int64"), Column("b", "String")]
    assert flow.board.links == [0], "the file has a name"


def test_the_last_of_two_outputs_of_one_name_wins_with_a_warning(flow: Runner) -> None:
    code = "for n in (1, 2): flowfile.publish_output(pl.DataFrame({'n': [n]}), 'x')"
    ran = flow.run(code)
    assert written(flow, "x").rows() == [(2,)]
    assert "FlowfileWarning: the output 'x' was published before in this run" in ran.stderr
    assert ran.stderr.count("Warning") == 1


@pytest.mark.parametrize(
    ("frame", "rows", "width"),
    [
        ("pl.DataFrame()", 0, 0),
        ("pl.DataFrame({'a': []})", 0, 1),
        ("pl.LazyFrame(schema={'a': pl.Int8})", 0, 1),
        ("pl.DataFrame({f'c{n}': [n] for n in range(10_000)})", 1, 10_000),
        ("__import__('pandas').DataFrame()", 0, 0),
        ("__import__('pandas').DataFrame({0: [1], 'x': [2]})", 1, 2),
    ],
)
def test_odd_frames_are_outputs_too(flow: Runner, frame: str, rows: int, width: int) -> None:
    assert flow.run(f"flowfile.publish_output({frame})").end.error is None
    question, _content = flow.board.outputs["main"]
    assert (question.rows, len(question.columns), written(flow).width) == (rows, width, width)


def test_named_levels_of_a_pandas_index_become_columns(flow: Runner) -> None:
    code = (
        "import pandas as pd\nindex = pd.Index(['u', 'v'], name='k')\n"
        "flowfile.publish_output(pd.DataFrame({'a': [1, 2]}, index=index), 'named')\n"
        "df = pd.DataFrame({'a': [1, 2, 3]})\nflowfile.publish_output(df[df.a > 1], 'filtered')"
    )
    assert flow.run(code).end.error is None
    assert written(flow, "named").rows() == [("u", 1), ("v", 2)]
    assert written(flow, "filtered").to_dict(as_series=False) == {"a": [2, 3]}


@pytest.mark.parametrize(
    ("frame", "kind", "words"),
    [
        ("pd.DataFrame([[1, 2]], columns=['a', 'a'])", "ValueError", "several columns have one name: 'a'"),
        ("pd.DataFrame({'ok': [1], 'bad': [object()]})", "TypeError", "column 'bad' of type object"),
        ("pd.DataFrame({'bad': [1, 'x']})", "TypeError", "column 'bad' of type object"),
        ("pl.LazyFrame({'a': [1]}).map_batches(lambda d: 1 / 0)", "ZeroDivisionError", "division by zero"),
        ("pl.LazyFrame({'o': [object()]}, schema={'o': pl.Object})", "TypeError", "these columns do: 'o'"),
    ],
)
def test_what_cannot_be_a_table_names_the_column(flow: Runner, frame: str, kind: str, words: str) -> None:
    found, message = error_of(flow.run(f"import pandas as pd\nflowfile.publish_output({frame})"))
    assert (found, words in message) == (kind, True), message
    assert flow.board.outputs == {}


def test_an_output_comes_with_a_preview_of_its_rows(flow: Runner) -> None:
    code = (
        "flowfile.publish_output(pl.DataFrame({'a': [1, 2]}), 'plain')\n"
        "flowfile.publish_output(pl.LazyFrame({'a': [3, 4, 5]}), 'lazy')\n"
        "import pandas as pd\nflowfile.publish_output(pd.DataFrame({'a': [6]}), 'pandas')"
    )
    assert flow.run(code).end.error is None
    found = {name: question.preview for name, (question, _content) in flow.board.outputs.items()}
    heads = {name: preview["head"] for name, preview in found.items() if preview}
    assert heads == {"plain": [[1], [2]], "lazy": [[3], [4], [5]], "pandas": [[6]]}


def test_outside_of_a_saved_flow_a_preview_is_shown_and_nothing_written(flow: Runner) -> None:
    flow.board.saved = False
    ran = flow.run("flowfile.publish_output(pl.LazyFrame({'a': range(5000)}), 'o')")
    assert ran.end.error is None
    assert "nothing was written for the output 'o': this notebook is not a node" in ran.stderr
    (data,) = ran.shown
    assert data["application/vnd.husk.table+json"]["rows"][0] == [0]


def test_outputs_leave_no_files_behind(flow: Runner) -> None:
    flow.run(
        "flowfile.publish_output(pl.DataFrame({'a': [1]}))\nflowfile.publish_output(flowfile.read_input())"
    )
    kept = [path for path in (flow.home / ".husk").rglob("*") if not path.is_dir()]
    assert all(path.is_symlink() for path in kept)
    flow.run("1", node="n", interactive=False)


@pytest.mark.parametrize(
    "call",
    [
        *("publish_output(pl.DataFrame({'x': big}))", "publish_output(pl.LazyFrame({'x': big}))"),
        *("publish_artifact('a', big)", "publish_artifact('a', {'x': big})"),
        *(
            "publish_artifact('a', pl.DataFrame({'x': big}))",
            "publish_artifact('a', pl.LazyFrame({'x': big}))",
        ),
        *("publish_artifact('a', pd.DataFrame({'x': big}))", "publish_artifact('a', pa.table({'x': big}))"),
    ],
)
def test_a_full_disk_is_told_and_nothing_is_published(flow: Runner, call: str) -> None:
    code = (
        "import resource, numpy as np, pandas as pd, pyarrow as pa\n"
        "big = np.random.default_rng(1).random(100_000)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, resource.RLIM_INFINITY))\n"
    )
    kind, message = error_of(flow.run(f"{code}flowfile.{call}"))
    assert (kind, "does not fit on the kernel's disk" in message) == ("OSError", True), message
    assert (flow.board.outputs, flow.board.artifacts) == ({}, {})


def test_an_output_that_is_being_computed_can_be_interrupted(flow: Runner) -> None:
    code = (
        "import time\ndef slow(d):\n    print('slow', flush=True)\n    time.sleep(60)\n    return d\n"
        "flowfile.publish_output(pl.LazyFrame({'a': [1]}).map_batches(slow))"
    )
    ran = flow.run_interrupted(code, sign="slow")
    assert ran.end.status == "cancelled"
    assert flow.board.outputs == {}
    assert flow.run("flowfile.publish_output(pl.DataFrame({'a': [1]}))").end.error is None


def test_threads_read_one_input_side_by_side(flow: Runner) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(_): return flowfile.read_input('orders').collect().height\n"
        "with ThreadPoolExecutor(8) as pool: print(set(pool.map(work, range(100))))"
    )
    assert flow.run(code).stdout == "{2}\n"
