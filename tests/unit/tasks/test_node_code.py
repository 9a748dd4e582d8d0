"""The Python of nodes: what people entered stands in it as data, whatever it is."""

from __future__ import annotations

import ast
import json
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from broker_config.wire.errors import BadField
from broker_config.wire.flows import MUST_PUBLISH
from tasks.flow_documents import Input, code_of, limits, validate
from tasks.flow_documents.literals import literal

NASTY = (
    "'; import os; os.system('x') #",
    '"""\n__import__("os")\n"""',
    "a\nimport os",
    "a\r\nimport os\u2028b\u2029\x85c",
    "{__import__('os')}",
    "{path!r}",
    "%s %(x)s %%time",
    "!ls\n%run x\n?",
    "\\",
    "\\'",
    "\\N{BULLET}\\x41\\",
    "zürich 東京 🚀 \u202egnp.exe",
    "\x01\t\x0b\x0c",
    "None",
    "^.*$",
)
PLAIN = "plain"


def node(kind: str, **settings: Any) -> dict[str, Any]:
    return {"id": "n", "type": kind, "name": "N", "kernel": None, "settings": settings}


def inputs(*names: str) -> list[Input]:
    return [Input(name, f"node {name}", name, "main") for name in names]


def every_node(text: str) -> dict[str, tuple[dict[str, Any], list[Input]]]:
    """Nodes with that text in every field that holds text, also where a document could not hold it."""
    file = {"kind": "file", "path": text}
    catalog = {"kind": "catalog", "name": text, "namespace": text}
    schema = {text: "Int64", "t" + text: "Datetime"}
    columns = [{"name": text, "type": "String"}, {"name": "d" + text, "type": "Date"}]
    table = {"kind": "table", "columns": columns, "rows": [[text, None]]}
    found = {
        f"read {form}": node("input", source={**file, "format": form}, schema=schema)
        for form in limits.FORMATS
    }
    found |= {
        f"write {form}": node("output", target={**file, "format": form}, outputs=[text])
        for form in limits.FORMATS
    }
    found["of a parameter"] = node("input", source={**file, "path": {"parameter": text}, "format": "csv"})
    found["to a parameter"] = node("output", target={**file, "path": {"parameter": text}, "format": "csv"})
    found["catalog"] = node("input", source={**catalog, "version": 3}, schema=schema)
    found["to the catalog"] = node("output", target={**catalog, "description": text, "tags": [text, text]})
    found["table"] = node("input", source=table, schema={text: "String"})
    found["sql"] = node("sql", query=text)
    return {name: (one, inputs("a" + text, "b" + text)) for name, one in found.items()}


def shape(code: str) -> str:
    """The program without its constants: what it does, whatever it is done with."""
    tree = ast.parse(code)
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant):
            one.value = type(one.value).__name__
    return ast.dump(tree)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", every_node(PLAIN))
def test_what_people_enter_never_becomes_code(name: str, text: str) -> None:
    one, coming_in = every_node(text)[name]
    plain, plainly = every_node(PLAIN)[name]
    code = code_of(one, coming_in)
    assert shape(code) == shape(code_of(plain, plainly))
    constants = {one.value for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Constant)}
    assert any(isinstance(value, str) and text in value for value in constants), "and it arrives as it is"


def test_text_that_is_pasted_would_be_seen() -> None:
    pasted = [f"query = '{text}'\n" for text in NASTY]

    def is_seen(code: str) -> bool:
        try:
            return shape(code) != shape("query = 'plain'\n") or ast.literal_eval(code[8:-1]) not in NASTY
        except SyntaxError:
            return True

    assert sum(map(is_seen, pasted)) >= len(NASTY) // 2


def test_a_type_is_one_of_those_there_are() -> None:
    file = {"kind": "file", "path": "x", "format": "csv"}
    for wrong in ("Int64); import os", "col", "", "Object", None):
        with pytest.raises(BadField, match="a column's type"):
            code_of(node("input", source=file, schema={"x": wrong}), [])
        with pytest.raises(BadField, match="a column's type"):
            code_of(node("input", source=inline([wrong], [])), [])
    with pytest.raises(BadField, match="parquet, csv, json_lines"):
        code_of(node("input", source={**file, "format": "csv(x)"}), [])
    with pytest.raises(BadField, match="parquet, csv, json_lines"):
        code_of(node("output", target={**file, "format": "csv\n"}), [])


def test_what_is_no_json_is_no_literal() -> None:
    for wrong in (float("nan"), float("inf"), b"x", object(), {"x": {1}}):
        with pytest.raises(ValueError, match="is no literal"):
            literal(wrong)
    for value in (None, True, 0, -7, 1.5, -1e300, "x", [1, ["x"]], {"a": {"b": [None]}}):
        assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize(("kind", "missing"), [("input", "source"), ("sql", "query"), ("output", "target")])
def test_a_node_that_lacks_what_it_needs_says_so(kind: str, missing: str) -> None:
    with pytest.raises(BadField, match=f"no {missing} yet") as caught:
        code_of(node(kind), [])
    assert caught.value.field == f"settings.{missing}"


# Python Script ----------------------------------------------------------------------------------


def script(*cells: Any) -> str:
    return code_of(node("python_script", cells=list(cells)), [])


def test_cells_are_one_program_in_which_each_is_found() -> None:
    code = script({"id": "load", "code": "x = 1\n\n"}, {"id": "show", "code": "print(x)"})
    assert code == "# %% load\nx = 1\n\n# %% show\nprint(x)"
    assert script("x", "y") == "# %% c1\nx\n\n# %% c2\ny"
    assert code_of(node("python_script", code="z"), []) == "# %% c1\nz"
    assert code_of(node("python_script"), []) == ""


def test_a_cells_id_stays_in_its_comment() -> None:
    code = script({"id": "a\nimport os\u2028\r\x85b", "code": "1"})
    assert [type(one) for one in ast.parse(code).body] == [ast.Expr]


def test_a_magic_of_a_whole_cell_is_called() -> None:
    code = script("x = 1", '%%bash -s \'"\necho "hi"\n')
    assert code.splitlines()[-1].startswith("get_ipython().run_cell_magic('bash', ")
    call = ast.parse(code).body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert [ast.literal_eval(one) for one in call.value.args] == ["bash", "-s '\"", 'echo "hi"\n']


# What the code does -----------------------------------------------------------------------------


class Flowfile(types.ModuleType):
    """What a node's code calls, in one folder."""

    def __init__(self, folder: Path, tables: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        super().__init__("flowfile")
        self.folder, self.tables, self.parameters = folder, tables, parameters
        self.published: dict[str, pl.DataFrame] = {}
        self.stored: list[tuple[str, Any, dict[str, Any]]] = []

    def get_shared_location(self, filename: str) -> str:
        path = self.folder / filename
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def read_input(self, name: str = "main") -> Any:
        return self.tables[name].lazy()

    def get_global(self, name: str, version: int | None = None, namespace: str | None = None) -> Any:
        return self.tables[f"{namespace}::{name}@{version}"]

    def publish_output(self, df: Any, name: str = "main") -> None:
        self.published[name] = df.lazy().collect()

    def publish_global(self, name: str, obj: Any, **more: Any) -> int:
        self.stored.append((name, obj.lazy().collect(), more))
        return 1


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a node's code; what its ``flowfile`` saw."""

    def do(one: dict[str, Any], *names: str, tables: Any = None, parameters: Any = None) -> Flowfile:
        flowfile = Flowfile(tmp_path, tables or {}, parameters or {})
        monkeypatch.setitem(sys.modules, "flowfile", flowfile)
        exec(compile(code_of(one, inputs(*names)), "node", "exec"), {})
        return flowfile

    return do


def write(folder: Path, name: str, text: str) -> dict[str, Any]:
    (folder / name).write_text(text)
    form = {"csv": "csv", "jsonl": "json_lines", "parquet": "parquet"}[name.rpartition(".")[2]]
    return {"kind": "file", "path": name, "format": form}


def inline(kinds: list[Any], rows: list[list[Any]]) -> dict[str, Any]:
    columns = [{"name": f"c{n}", "type": kind} for n, kind in enumerate(kinds)]
    return {"kind": "table", "columns": columns, "rows": rows}


def test_a_csv_file_gets_the_types_of_its_schema(run: Any, tmp_path: Path) -> None:
    text = "id,n,d,at,on\n007,1,2024-02-01,2024-02-01T10:00:00,true\n008,2,,,false\n"
    source = write(tmp_path, "x.csv", text)
    guessed = run(node("input", source=source)).published["main"]
    assert guessed.schema["id"] == pl.Int64
    assert guessed.schema["d"] == pl.Date
    schema = {"id": "String", "n": "Int8", "d": "Date", "at": "Datetime", "on": "Boolean"}
    table = run(node("input", source=source, schema=schema)).published["main"]
    assert [str(kind) for kind in table.dtypes] == [
        "String",
        "Int8",
        "Date",
        "Datetime(time_unit='us', time_zone=None)",
        "Boolean",
    ]
    assert table["id"].to_list() == ["007", "008"]


def test_json_lines_and_parquet_get_them_too(run: Any, tmp_path: Path) -> None:
    lines = '{"a": 1, "t": "10:00:00", "b": "x"}\n{"a": 2, "t": null}\n'
    source = write(tmp_path, "x.jsonl", lines)
    schema = {"a": "String", "t": "Time", "b": "Categorical"}
    table = run(node("input", source=source, schema=schema)).published["main"]
    assert dict(table.schema) == {"a": pl.String, "t": pl.Time, "b": pl.Categorical}
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}).write_parquet(tmp_path / "x.parquet")
    source = {"kind": "file", "path": "x.parquet", "format": "parquet"}
    table = run(node("input", source=source, schema={"a": "Float32"})).published["main"]
    assert table.schema == {"a": pl.Float32, "b": pl.String}, "other columns stay as they are"


def test_what_does_not_fit_its_schema_fails_with_the_column(run: Any, tmp_path: Path) -> None:
    csv = write(tmp_path, "x.csv", "a,b\n1,2\nx,3\n")
    lines = write(tmp_path, "x.jsonl", '{"a": 1}\n{"a": "x"}\n')
    pl.DataFrame({"a": ["1", "x"]}).write_parquet(tmp_path / "x.parquet")
    parquet = {"kind": "file", "path": "x.parquet", "format": "parquet"}
    for source in (csv, lines, parquet):
        with pytest.raises(ValueError, match=r"'x\.\w+' has no column \"it's {b}\"; it has: a"):
            run(node("input", source=source, schema={"a": "String", "it's {b}": "Int64"}))
        with pytest.raises(pl.exceptions.PolarsError, match="x"):
            run(node("input", source=source, schema={"a": "Int64"}))
    with pytest.raises(FileNotFoundError, match=r"there is no shared file 'no/thing\.csv'"):
        run(node("input", source={**csv, "path": "no/thing.csv"}))


def test_a_path_may_be_a_parameter(run: Any, tmp_path: Path) -> None:
    write(tmp_path, "x.csv", "a\n1\n")
    source = {"kind": "file", "path": {"parameter": "where"}, "format": "csv"}
    found = run(node("input", source=source), parameters={"where": "x.csv"})
    assert found.published["main"].to_dict(as_series=False) == {"a": [1]}
    target = {**source, "path": {"parameter": "to"}}
    tables = {"main": pl.DataFrame({"b": [2]})}
    run(node("output", target=target), "a", tables=tables, parameters={"to": "out/y.csv"})
    assert (tmp_path / "out" / "y.csv").read_text() == "b\n2\n"


def test_an_inline_table_is_as_it_was_entered(run: Any) -> None:
    kinds = ["Int64", "Float64", "String", "Boolean", "Date", "Datetime", "Time"]
    rows: list[list[Any]] = [
        [1, 2, "ü'\"\n{}\\", True, "2024-02-01", "2024-02-01T10:00:00+02:00", "10:00"],
        [None] * 7,
        [2**63 - 1, 0.5, "", False, "0001-01-01", "2024-02-01T10:00:00.25", "23:59:59.5"],
    ]
    table = run(node("input", source=inline(kinds, rows))).published["main"]
    assert table.height == 3
    assert [str(kind).partition("(")[0] for kind in table.dtypes] == kinds
    shown = [
        [None if v is None else getattr(v, "isoformat", lambda v=v: v)() for v in r] for r in table.rows()
    ]
    assert shown == [
        [1, 2.0, rows[0][2], True, "2024-02-01", "2024-02-01T08:00:00", "10:00:00"],
        [None] * 7,
        [2**63 - 1, 0.5, "", False, "0001-01-01", "2024-02-01T10:00:00.250000", "23:59:59.500000"],
    ]
    assert run(node("input", source=inline(kinds, []))).published["main"].schema == table.schema
    assert run(node("input", source=inline([], []))).published["main"].shape == (0, 0)
    with pytest.raises(BadField, match="a Date as ISO"):
        code_of(node("input", source=inline(["Date"], [["yesterday"]])), [])
    with pytest.raises(BadField, match="a list of 2 values"):
        code_of(node("input", source=inline(["Date", "Date"], [["2024-01-01"]])), [])
    with pytest.raises(BadField, match="no column 'z'"):
        code_of(node("input", source=inline(["Date"], []), schema={"z": "Date"}), [])


def test_every_type_that_a_document_may_say_is_one_of_polars(run: Any, tmp_path: Path) -> None:
    values = {"Boolean": "true", "Date": "2024-01-01", "Datetime": "2024-01-01T10:00:00", "Time": "10:00:00"}
    texts = {kind: values.get(kind, "1") for kind in limits.COLUMN_TYPES}
    (tmp_path / "x.csv").write_text(",".join(texts) + "\n" + ",".join(texts.values()) + "\n")
    of_json = {
        kind: text if kind in {"Date", "Datetime", "Time"} else json.loads(text)
        for kind, text in texts.items()
    }
    (tmp_path / "x.jsonl").write_text(json.dumps(of_json) + "\n")
    schema = {kind: kind for kind in limits.COLUMN_TYPES}
    for path, form in (("x.csv", "csv"), ("x.jsonl", "json_lines")):
        source = {"kind": "file", "path": path, "format": form}
        table = run(node("input", source=source, schema=schema)).published["main"]
        assert [str(kind).partition("(")[0] for kind in table.dtypes] == list(limits.COLUMN_TYPES)
        assert table.null_count().row(0) == (0,) * len(schema)


def test_the_catalogs_tables_are_read_and_nothing_else(run: Any) -> None:
    source = {"kind": "catalog", "name": "x", "namespace": "ns", "version": 2}
    for table in (pl.DataFrame({"a": [1]}), pl.LazyFrame({"a": [1]}), pl.DataFrame({"a": [1]}).to_pandas()):
        found = run(node("input", source=source, schema={"a": "Int8"}), tables={"ns::x@2": table})
        assert found.published["main"].schema == {"a": pl.Int8}
    with pytest.raises(TypeError, match="'x' of the catalog is a object, not a table"):
        run(node("input", source=source), tables={"ns::x@2": object()})
    with pytest.raises(ValueError, match="'x' has no column 'b'; it has: a"):
        run(node("input", source=source, schema={"b": "Int8"}), tables={"ns::x@2": pl.DataFrame({"a": [1]})})


def test_sql_sees_the_inputs_under_their_names(run: Any) -> None:
    tables = {"left": pl.DataFrame({"k": [1, 2], "a": [3, 4]}), "right": pl.DataFrame({"k": [2], "b": ["x"]})}
    query = 'SELECT a, b AS "b\'s" FROM "left" JOIN "right" USING (k)'
    found = run(node("sql", query=query), "left", "right", "left", tables=tables)
    assert found.published["main"].to_dict(as_series=False) == {"a": [4], "b's": ["x"]}
    alone = {"left": tables["left"], "main": tables["left"]}
    found = run(node("sql", query="SELECT sum(a) AS s FROM main"), "left", tables=alone)
    assert found.published["main"].item() == 7
    with pytest.raises(pl.exceptions.SQLInterfaceError, match="relation 'main' was not found"):
        run(node("sql", query="SELECT * FROM main"), "left", "right", tables=tables)


@pytest.mark.parametrize(
    ("form", "text"), [("csv", "x,y\n1,ü\n"), ("json_lines", '{"x":1,"y":"ü"}\n'), ("parquet", None)]
)
def test_an_output_writes_whole_files_and_passes_its_input_through(
    run: Any, tmp_path: Path, form: str, text: str | None
) -> None:
    table = pl.DataFrame({"x": [1], "y": ["ü"]})
    target = {"kind": "file", "path": "out/t", "format": form}
    found = run(node("output", target=target), "a", tables={"main": table})
    assert found.published == {}, "what publishes nothing passes its first input through"
    path = tmp_path / "out" / "t"
    assert (path.read_text() == text) if text else pl.read_parquet(path).equals(table)
    assert (
        run(node("output", target=target), "a", "b", tables={"main": table}).published["main"].equals(table)
    )
    declared = node("output", target=target, outputs=["main"])
    assert run(declared, "a", tables={"main": table}).published["main"].equals(table)


def test_a_write_that_fails_leaves_what_was_there(run: Any, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("before")
    target = {"kind": "file", "path": "t", "format": "csv"}
    nested = {"main": pl.DataFrame({"x": [[1]]})}
    with pytest.raises(pl.exceptions.ComputeError):
        run(node("output", target=target), "a", tables=nested)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("t", "before")]


def test_an_output_of_the_catalog_says_what_it_is(run: Any) -> None:
    target = {"kind": "catalog", "name": "n", "namespace": "ns", "description": "d", "tags": ["a", "b"]}
    found = run(node("output", target=target), "a", tables={"main": pl.DataFrame({"x": [1]})})
    ((name, table, more),) = found.stored
    assert (name, table.height) == ("n", 1)
    assert more == {"description": "d", "tags": ["a", "b"], "namespace": "ns"}
    bare = {"kind": "catalog", "name": "n", "namespace": "default"}
    found = run(node("output", target=bare), "a", tables={"main": pl.DataFrame({"x": [1]})})
    assert found.stored[0][2] == {"namespace": "default"}


def test_nodes_of_a_valid_document_have_code() -> None:
    file = {"kind": "file", "path": "a.csv", "format": "csv"}
    document = validate(
        {
            "nodes": [
                {"id": "in", "type": "input", "settings": {"source": file, "schema": {"a": "Date"}}},
                {"id": "sql", "type": "sql", "settings": {"query": "SELECT 1"}},
                {"id": "py", "type": "python_script", "settings": {"cells": ["x = 1", "%%time\nx"]}},
                {"id": "out", "type": "output", "settings": {"target": {**file, "path": "b.csv"}}},
            ],
        }
    )
    for one in document["nodes"]:
        compile(code_of(one, inputs("a")), one["id"], "exec")


def test_declared_outputs_are_told_to_the_kernel_in_a_last_line() -> None:
    code = code_of(node("python_script", cells=["x = 1"], outputs=["a", "it's\nimport os"]), [])
    assert code.splitlines()[-1] == MUST_PUBLISH + r"""['a', "it's\nimport os"]"""
    assert [type(one) for one in ast.parse(code).body] == [ast.Assign]
    assert MUST_PUBLISH not in code_of(node("python_script", cells=["x = 1"], outputs=[]), [])
