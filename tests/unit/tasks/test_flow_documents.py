"""Flow documents: what is refused, where, and what follows from a valid one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.errors import BadField
from tasks import flow_documents
from tasks.flow_documents import fitted, inputs_of, upstream_of, validate


def node(node_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": node_id, **fields}


def edge(source: str, target: str, **fields: Any) -> dict[str, Any]:
    return {"from": source, "to": target, **fields}


def flow(ids: str, *edges: str) -> dict[str, Any]:
    """Nodes of one letter each, connections as ``ab``."""
    return {"nodes": [node(one) for one in ids], "connections": [edge(one[0], one[1]) for one in edges]}


def test_a_document_gets_every_field_that_it_leaves_out() -> None:
    checked = validate(flow("ab", "ab"))
    assert checked["nodes"][0] == {
        "id": "a",
        "type": "python_script",
        "name": "a",
        "kernel": None,
        "settings": {},
    }
    assert checked["connections"] == [{"from": "a", "output": "main", "to": "b", "input": None}]
    assert (checked["parameters"], checked["default_kernel"]) == ({}, None)
    assert validate({}) == {"nodes": [], "connections": [], "parameters": {}, "default_kernel": None}


def test_what_was_validated_is_valid_and_the_same() -> None:
    checked = validate(
        {
            "nodes": [node("a", name="Cafe\u0301", settings={"outputs": ["x"], "code": "1"}), node("b")],
            "connections": [edge("a", "b", output="x", input="given")],
            "parameters": {"year": 2013},
            "default_kernel": "k1",
        }
    )
    assert checked["parameters"] == {"year": {"type": "integer", "default": 2013}}
    assert checked["nodes"][0]["settings"] == {"outputs": ["x"], "cells": [{"id": "c1", "code": "1"}]}
    assert checked["nodes"][0]["name"] == "Caf\u00e9"
    assert validate(checked) == checked


def test_a_node_keeps_where_it_stands_and_one_without_a_place_gets_none() -> None:
    placed = {"nodes": [node("a", position={"y": 2, "x": -0.5}), node("b", position=None), node("c")]}
    checked = validate(placed)
    assert [one.get("position") for one in checked["nodes"]] == [{"x": -0.5, "y": 2}, None, None]
    assert list(checked["nodes"][0]["position"]) == ["x", "y"]
    assert "position" not in checked["nodes"][1]
    assert validate(checked) == checked


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], None),
        ({"nodes": {}}, "nodes"),
        ({"nodes": ["a"]}, "nodes[0]"),
        ({"nodes": [{}]}, "nodes[0].id"),
        ({"nodes": [node("../a")]}, "nodes[0].id"),
        ({"nodes": [node("a"), node("a")]}, "nodes[1].id"),
        ({"nodes": [node("a", type="shell")]}, "nodes[0].type"),
        ({"nodes": [node("a", type=["sql"])]}, "nodes[0].type"),
        ({"nodes": [node("a", name="")]}, "nodes[0].name"),
        ({"nodes": [node("a", name="x\u202ey")]}, "nodes[0].name"),
        ({"nodes": [node("a", name=3)]}, "nodes[0].name"),
        ({"nodes": [node("a", kernel="a b")]}, "nodes[0].kernel"),
        ({"nodes": [node("a", settings=[])]}, "nodes[0].settings"),
        ({"nodes": [node("a", settings={"outputs": "x"})]}, "nodes[0].settings.outputs"),
        ({"nodes": [node("a", settings={"outputs": ["x", "a/b"]})]}, "nodes[0].settings.outputs[1]"),
        ({"nodes": [node("a", settings={"outputs": ["x", "x"]})]}, "nodes[0].settings.outputs"),
        ({"nodes": [node("a", colour=1)]}, "nodes[0].colour"),
        ({"nodes": [node("a", position=1)]}, "nodes[0].position"),
        ({"nodes": [node("a", position={"x": True, "y": 1})]}, "nodes[0].position.x"),
        ({"nodes": [node("a")], "connections": [edge("a", "b")]}, "connections[0].to"),
        ({"nodes": [node("a")], "connections": [edge("b", "a")]}, "connections[0].from"),
        ({"nodes": [node("a")], "connections": [{"from": 1, "to": "a"}]}, "connections[0].from"),
        (
            {"nodes": [node("a"), node("b")], "connections": [edge("a", "b", input="A b")]},
            "connections[0].input",
        ),
        (
            {"nodes": [node("a"), node("b")], "connections": [edge("a", "b", output="")]},
            "connections[0].output",
        ),
        ({"nodes": [node("a"), node("b")], "connections": [edge("a", "b")] * 2}, "connections[1]"),
        ({"parameters": {"1": 2}}, "parameters"),
        ({"parameters": []}, "parameters"),
        ({"default_kernel": ""}, "default_kernel"),
        ({"name": "x"}, "name"),
        ({"parameters": {"a": float("nan")}}, None),
    ],
)
def test_what_is_wrong_is_named_by_its_place(document: Any, field: str | None) -> None:
    with pytest.raises(BadField) as caught:
        validate(document)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (flow("a", "aa"), "a (a) → a (a)"),
        (flow("ab", "ab", "ba"), "a (a) → b (b) → a (a)"),
        (flow("xabcy", "xa", "ab", "bc", "ca", "cy"), "a (a) → b (b) → c (c) → a (a)"),
    ],
)
def test_a_circle_is_named_node_by_node(document: dict[str, Any], shown: str) -> None:
    with pytest.raises(BadField) as caught:
        validate(document)
    assert caught.value.field == "connections"
    words = caught.value.message.removeprefix("the connections go in a circle: ").split(" → ")
    expected = shown.split(" → ")
    start = expected.index(words[0])
    assert words == [*expected[start:-1], *expected[:start], words[0]]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True))
def test_a_circle_is_found_exactly_where_there_is_one(pairs: list[tuple[int, int]]) -> None:
    document = flow("01234567", *(f"{a}{b}" for a, b in pairs))
    reach = {a: {b for x, b in pairs if x == a} for a in range(8)}
    for _ in range(8):
        reach = {a: bs | {c for b in bs for c in reach[b]} for a, bs in reach.items()}
    if any(a in bs for a, bs in reach.items()):
        with pytest.raises(BadField, match="circle"):
            validate(document)
    else:
        checked = validate(document)
        for a in range(8):
            assert upstream_of(checked, str(a)) == {str(b) for b, bs in reach.items() if a in bs}


def test_a_hundred_thousand_nodes_are_refused_before_one_is_looked_at() -> None:
    with pytest.raises(BadField) as caught:
        validate({"nodes": [None] * 100_000})
    assert caught.value.field == "nodes"


def test_as_many_nodes_in_a_row_as_may_be_are_a_flow() -> None:
    ids = [f"n{n}" for n in range(flow_documents.MOST_NODES)]
    edges = [edge(a, b) for a, b in pairwise(ids)]
    checked = validate({"nodes": [node(one) for one in ids], "connections": edges})
    assert len(upstream_of(checked, ids[-1])) == len(ids) - 1
    with pytest.raises(BadField, match="circle"):
        validate({"nodes": [node(one) for one in ids], "connections": [*edges, edge(ids[-1], ids[0])]})


def test_settings_that_are_nested_without_end_or_large_are_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadField, match="nested"):
        validate({"nodes": [node("a", settings={"x": deep})]})
    with pytest.raises(BadField, match="bytes"):
        validate({"nodes": [node("a", settings={"x": "y" * 9_000_000})]})


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("Load flights", "load_flights"),
        ("  A--b  ", "a_b"),
        ("2013", "node_2013"),
        ("Größe", "groe"),
        ("été", "ete"),
        ("飞行", "node"),
        ("_x_", "x"),
        ("main", "main"),
    ],
)
def test_a_node_name_is_made_to_fit_as_the_name_of_an_input(name: str, fit: str) -> None:
    assert fitted(name) == fit


def test_inputs_are_named_by_the_connection_else_by_the_node_in_order_of_connections() -> None:
    checked = validate(
        {
            "nodes": [node("a", name="Load A"), node("b"), node("c"), node("d")],
            "connections": [
                edge("b", "c", input="right"),
                edge("a", "c", output="x"),
                edge("a", "d"),
            ],
        }
    )
    assert [(i.name, i.node_id, i.node_name, i.output) for i in inputs_of(checked, "c")] == [
        ("right", "b", "b", "main"),
        ("load_a", "a", "Load A", "x"),
    ]
    assert inputs_of(checked, "a") == []


# Documents from before ----------------------------------------------------------------------------


def test_what_was_saved_in_the_short_form_is_read_in_the_long_one() -> None:
    old = {
        "nodes": [
            node("a", type="python_script", settings={"code": "1", "x": 2}),
            node("b", type="python_script", settings={"cells": ["1", "2"]}),
            node("c", type="sql", settings={"sql": "SELECT 1"}),
            node("d", type="python_script", settings={"code": 3}),
        ],
        "connections": [],
        "parameters": {
            **{"year": 2013, "rate": 0.5, "on": True, "air": "EWR"},
            **{"any": [1, {"a": None}], "no": None},
        },
        "default_kernel": None,
    }
    read = flow_documents.current(old)
    assert read["nodes"][0]["settings"] == {"x": 2, "cells": [{"id": "c1", "code": "1"}]}
    assert [cell["id"] for cell in read["nodes"][1]["settings"]["cells"]] == ["c1", "c2"]
    assert [node["settings"] for node in read["nodes"][2:]] == [{"sql": "SELECT 1"}, {"code": 3}]
    assert read["parameters"] == {
        "year": {"type": "integer", "default": 2013},
        "rate": {"type": "number", "default": 0.5},
        "on": {"type": "boolean", "default": True},
        "air": {"type": "string", "default": "EWR"},
        "any": {"type": "string", "default": '[1, {"a": null}]'},
        "no": {"type": "string", "default": "null"},
    }
    assert flow_documents.current(read) == read


def test_what_today_is_valid_is_not_changed_by_reading_it() -> None:
    checked = validate(
        {
            "nodes": [node("a", settings={"cells": ["1"], "retries": {"max": 1}}), node("b", type="input")],
            "connections": [edge("a", "b")],
            "parameters": {"day": {"type": "date"}},
        }
    )
    assert flow_documents.current(checked) == checked


# Runs of them -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "needs"), [("input", "source"), ("sql", "query"), ("output", "target")])
def test_a_node_without_what_it_needs_is_saved_and_not_run(kind: str, needs: str) -> None:
    checked = validate({"nodes": [node("x"), node("a", type=kind, name="Half made")]})
    with pytest.raises(BadField, match=r"node Half made \(a\) has no") as caught:
        flow_documents.check_runnable(checked)
    assert caught.value.field == f"nodes[1].settings.{needs}"
    flow_documents.check_runnable(checked, ["x"])
