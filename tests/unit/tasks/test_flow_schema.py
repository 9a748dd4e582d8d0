"""The JSON Schema of flows and the validator: one table of documents, both asked about each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits, validate
from tasks.flow_documents.schema import SCHEMA

DOCS = Path(__file__).resolve().parents[3] / "docs" / "flow-schema.json"
CHECKER = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def of(kind: str, **settings: Any) -> dict[str, Any]:
    return {"nodes": [{"id": "a", "type": kind, "settings": settings}]}


def script(**settings: Any) -> dict[str, Any]:
    return of("python_script", **settings)


def reading(**source: Any) -> dict[str, Any]:
    return of("input", source=source)


def writing(**target: Any) -> dict[str, Any]:
    return of("output", target=target)


def loop(**fields: Any) -> dict[str, Any]:
    return {"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "a", **fields}]}


def parameter(value: Any) -> dict[str, Any]:
    return {"nodes": [], "parameters": {"p": value}}


def table(*rows: Any, **types: str) -> dict[str, Any]:
    heads = [{"name": name, "type": kind} for name, kind in types.items()]
    return reading(kind="table", columns=heads, rows=list(rows))


GOOD: list[dict[str, Any]] = [
    {"nodes": []},
    {"nodes": [{"id": "a"}, {"id": "b.1-_"}], "connections": [{"from": "a", "to": "b.1-_"}]},
    {
        "nodes": [{"id": "a"}, {"id": "b"}],
        "connections": [{"from": "a", "to": "b", "output": "Zu spät", "input": "late_1"}],
        "default_kernel": "work",
    },
    {"nodes": [{"id": "a", "kernel": None, "name": "飞行"}], "default_kernel": None},
    *(
        {"nodes": [{"id": "a", "position": one}]}
        for one in (None, {"x": -1.5, "y": 1_000_000}, {"y": 0, "x": 0})
    ),
    script(),
    script(code="1"),
    script(cells=["1", {"code": "2"}, {"id": "c1", "code": "3"}, {"id": None, "code": ""}]),
    script(cells=[], outputs=["main", "x"], timeout_s=0.5, cache=True, view={"x": [1, {"y": None}]}),
    script(retries={"max": 0}),
    script(retries={"max": 10, "delay_s": 3600, "backoff": 10, "jitter": 1}),
    script(cache=None, outputs=None, timeout_s=None, retries=None, view=None, cells=None, code=None),
    script(code="1", cells=None),
    of("input"),
    of("input", source=None, schema=None),
    reading(kind="file", path="flights/a.parquet"),
    reading(kind="file", path="a.csv", format="csv"),
    of("input", source={"kind": "file", "path": "a"}, schema={"": "Int64", "b c": "Categorical"}),
    {**reading(kind="file", path={"parameter": "p"}), "parameters": {"p": "a.csv"}},
    reading(kind="catalog", name="model"),
    reading(kind="catalog", name="model", namespace="ml", version=3),
    reading(kind="catalog", name="model", namespace=None, version=None),
    reading(kind="table"),
    table([1, "x", 0.5], [None, None, None], a="Int8", b="String", c="Float32"),
    table(
        [True, "2013-01-01", "2013-01-01T10:00:00", "10:00"], a="Boolean", b="Date", c="Datetime", d="Time"
    ),
    of("sql", query="SELECT 1", cache=False),
    of("output"),
    writing(kind="file", path="out/late.parquet", format="json_lines"),
    writing(kind="catalog", name="late", description="x", tags=["a", "b"]),
    *map(parameter, (1, 2.0, 0.5, True, "", "x")),
    parameter({"type": "string"}),
    parameter({"type": "string", "default": "", "description": "of the run"}),
    parameter({"type": "integer", "default": -3}),
    parameter({"type": "number", "default": 3}),
    parameter({"type": "boolean", "default": False}),
    parameter({"type": "date", "default": "2012-02-29"}),
]
BAD: list[tuple[str, Any]] = [
    ("nodes", {"nodes": {}}),
    ("nodes[0]", {"nodes": ["a"]}),
    ("nodes[0].id", {"nodes": [{}]}),
    ("nodes[0].id", {"nodes": [{"id": ".a"}]}),
    ("nodes[0].id", {"nodes": [{"id": "a" * 65}]}),
    ("nodes[0].id", {"nodes": [{"id": "a b"}]}),
    ("nodes[0].position", {"nodes": [{"id": "a", "position": 1}]}),
    ("nodes[0].position.x", {"nodes": [{"id": "a", "position": {"x": 1_000_001, "y": 0}}]}),
    ("nodes[0].position.y", {"nodes": [{"id": "a", "position": {"x": 0}}]}),
    ("nodes[0].position.z", {"nodes": [{"id": "a", "position": {"x": 0, "y": 0, "z": 0}}]}),
    ("nodes[0].colour", {"nodes": [{"id": "a", "colour": 1}]}),
    ("nodes[0].type", of("shell")),
    ("nodes[0].type", of("")),
    ("nodes[0].name", {"nodes": [{"id": "a", "name": ""}]}),
    ("nodes[0].kernel", {"nodes": [{"id": "a", "kernel": "a b"}]}),
    ("nodes[0].settings", {"nodes": [{"id": "a", "settings": []}]}),
    ("nodes[0].settings.query", script(query="x")),
    ("nodes[0].settings.position", script(position=1)),
    ("nodes[0].settings.cells", of("sql", cells=["1"])),
    ("nodes[0].settings.code", script(code="1", cells=["2"])),
    ("nodes[0].settings.code", script(code=1)),
    ("nodes[0].settings.cells", script(cells="1")),
    ("nodes[0].settings.cells[0]", script(cells=[1])),
    ("nodes[0].settings.cells[0].code", script(cells=[{"id": "x"}])),
    ("nodes[0].settings.cells[0].id", script(cells=[{"id": "x y", "code": ""}])),
    ("nodes[0].settings.cells[0].out", script(cells=[{"code": "", "out": 1}])),
    ("nodes[0].settings.outputs", script(outputs="x")),
    ("nodes[0].settings.outputs", script(outputs=["x", "x"])),
    ("nodes[0].settings.outputs[0]", script(outputs=[""])),
    *(("nodes[0].settings.timeout_s", script(timeout_s=value)) for value in (0, -1, "5", True, 1e9)),
    ("nodes[0].settings.cache", script(cache=1)),
    ("nodes[0].settings.view", script(view=[])),
    ("nodes[0].settings.retries", script(retries=3)),
    ("nodes[0].settings.retries.max", script(retries={})),
    *(("nodes[0].settings.retries.max", script(retries={"max": value})) for value in (11, -1, 1.5, True)),
    ("nodes[0].settings.retries.delay_s", script(retries={"max": 1, "delay_s": 3601})),
    ("nodes[0].settings.retries.backoff", script(retries={"max": 1, "backoff": 0.5})),
    ("nodes[0].settings.retries.jitter", script(retries={"max": 1, "jitter": 2})),
    ("nodes[0].settings.retries.often", script(retries={"max": 1, "often": 2})),
    ("nodes[0].settings.source", of("input", source="a.csv")),
    ("nodes[0].settings.source.kind", reading(path="a.csv")),
    ("nodes[0].settings.source.kind", reading(kind="url", path="a.csv")),
    ("nodes[0].settings.source.path", reading(kind="file")),
    ("nodes[0].settings.source.path", reading(kind="file", path="")),
    ("nodes[0].settings.source.path", reading(kind="file", path=3)),
    ("nodes[0].settings.source.path.name", reading(kind="file", path={"name": "p"})),
    ("nodes[0].settings.source.format", reading(kind="file", path="a", format="xlsx")),
    ("nodes[0].settings.source.columns", reading(kind="file", path="a", columns=[])),
    ("nodes[0].settings.source.name", reading(kind="catalog")),
    ("nodes[0].settings.source.version", reading(kind="catalog", name="m", version=0)),
    ("nodes[0].settings.source.columns[0].type", table(a="Utf8")),
    ("nodes[0].settings.source.columns[0].nulls", reading(kind="table", columns=[{"name": "a", "nulls": 1}])),
    ("nodes[0].settings.source.rows[0]", reading(kind="table", columns=[], rows=[1])),
    ("nodes[0].settings.source.rows[0][0]", table([{}], a="String")),
    ("nodes[0].settings.schema", of("input", schema=["a"])),
    ("nodes[0].settings.schema.a", of("input", schema={"a": "text"})),
    ("nodes[0].settings.query", of("sql", query=["SELECT 1"])),
    ("nodes[0].settings.target.kind", writing(kind="table")),
    ("nodes[0].settings.target.version", writing(kind="catalog", name="m", version=1)),
    ("nodes[0].settings.target.tags", writing(kind="catalog", name="m", tags="x")),
    ("connections", {"nodes": [], "connections": {}}),
    ("connections[0].from", {"nodes": [{"id": "a"}], "connections": [{"to": "a"}]}),
    (
        "connections[0].input",
        {"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "a", "input": "A"}]},
    ),
    ("connections[0].via", {"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "a", "via": 1}]}),
    ("parameters", {"nodes": [], "parameters": []}),
    ("parameters", {"nodes": [], "parameters": {"1a": 1}}),
    ("parameters.p", parameter(None)),
    ("parameters.p", parameter([1])),
    ("parameters.p.type", parameter({"default": 1})),
    ("parameters.p.type", parameter({"type": "text", "default": "x"})),
    ("parameters.p.default", parameter({"type": "integer", "default": "1"})),
    ("parameters.p.default", parameter({"type": "integer", "default": True})),
    ("parameters.p.default", parameter({"type": "integer", "default": 1.5})),
    ("parameters.p.default", parameter({"type": "integer", "default": 2**63})),
    ("parameters.p.default", parameter({"type": "string", "default": None})),
    ("parameters.p.default", parameter({"type": "date", "default": "2013-02-29"})),
    ("parameters.p.default", parameter({"type": "date", "default": "20130201"})),
    ("parameters.p.label", parameter({"type": "date", "label": "x"})),
    ("default_kernel", {"nodes": [], "default_kernel": ""}),
    ("title", {"nodes": [], "title": "x"}),
]
BEYOND: list[tuple[str, Any]] = [
    ("connections", {"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "a"}]}),
    ("connections[0].to", {"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "b"}]}),
    ("nodes[1].id", {"nodes": [{"id": "a"}, {"id": "a"}]}),
    ("nodes[0].name", {"nodes": [{"id": "a", "name": "x\u202ey"}]}),
    ("nodes[0].settings.cells", script(cells=[{"id": "x", "code": ""}, {"id": "x", "code": ""}])),
    ("nodes[0].settings.source.path", reading(kind="file", path="../a.csv")),
    ("nodes[0].settings.source.path", reading(kind="file", path="/a.csv")),
    ("nodes[0].settings.source.path.parameter", reading(kind="file", path={"parameter": "p"})),
    (
        "nodes[0].settings.source.path.parameter",
        {**reading(kind="file", path={"parameter": "p"}), "parameters": {"p": 1}},
    ),
    ("nodes[0].settings.source.rows[0]", table([1, 2], a="Int64")),
    ("nodes[0].settings.source.rows[1][0]", table([1], [300], a="Int8")),
    ("nodes[0].settings.source.rows[0][0]", table(["x"], a="Int8")),
    ("nodes[0].settings.source.rows[0][0]", table([-1], a="UInt64")),
    ("nodes[0].settings.source.rows[0][0]", table(["12.1.2013"], a="Date")),
    ("nodes[0].settings.source.columns", reading(kind="table", columns=[{"name": "a", "type": "Int8"}] * 2)),
    ("nodes[0].settings.code", script(code="\0")),
]
"""What takes more than one place to see, or is about characters."""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("document", GOOD, ids=json.dumps)
def test_both_take_what_is_a_flow_and_what_was_made_of_it(document: dict[str, Any]) -> None:
    saved = validate(document)
    assert validate(saved) == saved
    for one in (document, saved, {**saved, "name": "x"}):
        assert [error.message for error in CHECKER.iter_errors(one)] == []


@pytest.mark.parametrize(("field", "document"), BAD)
def test_both_refuse_what_is_none(field: str, document: Any) -> None:
    with pytest.raises(BadField) as caught:
        validate(document)
    assert caught.value.field == field
    assert not CHECKER.is_valid(document)


@pytest.mark.parametrize(("field", "document"), BEYOND)
def test_what_a_schema_cannot_say_the_validator_refuses_alone(field: str, document: Any) -> None:
    with pytest.raises(BadField) as caught:
        validate(document)
    assert caught.value.field == field
    assert CHECKER.is_valid(document)


@pytest.mark.parametrize(
    ("count", "field"), [(limits.MOST_NODES, "nodes"), (limits.MOST_CONNECTIONS, "connections")]
)
def test_both_have_the_same_bounds(count: int, field: str) -> None:
    assert SCHEMA["properties"][field]["maxItems"] == count


@pytest.mark.parametrize(("field", "document"), [one for one in BAD + BEYOND if "settings" in one[0]])
def test_a_fault_in_a_node_is_told_with_its_name_and_id(field: str, document: dict[str, Any]) -> None:
    document["nodes"][0]["name"] = "Load flights" if field != "nodes[0].name" else "x"
    with pytest.raises(BadField, match=r"node Load flights \(a\)"):
        validate(document)


def test_the_schema_in_the_documentation_is_this_one() -> None:
    assert json.loads(DOCS.read_text(encoding="utf-8")) == SCHEMA, "write it: make docs-reference"
