"""Flows as files: what is written is read again; what costs more than it says is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broker_config.wire.errors import BadInput
from tasks import flow_documents
from web import flow_files, yaml_data
from web.commands.flow_files import read as read_file

CODE = "import polars as pl\n\nfor n in range(3):\n    print(n)\n"
FLOW: dict[str, Any] = {
    "name": "late flights",
    **flow_documents.validate(
        {
            "nodes": [
                {"id": "b", "settings": {"view": {"y": 1, "x": 2}, "cells": [CODE, "x = 1"]}},
                {
                    **{"id": "a", "name": "Ä", "type": "sql", "settings": {"query": "select 1"}},
                    "position": {"y": -3, "x": 0.5},
                },
            ],
            "connections": [{"from": "a", "to": "b"}],
            "parameters": {"year": 2013, "air": {"type": "string", "default": "1e5"}},
            "default_kernel": "work",
        }
    ),
}
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_TRAPS = ("yes", "1e5", "0x10", "null", "~", "", " a", "a\n", "2013-01-01", "1_0", ".5", "- a", "#")
_SCALARS = (
    *(st.none(), st.booleans(), st.integers(-(10**30), 10**30), _TEXT, st.sampled_from(_TRAPS)),
    st.floats(allow_nan=False, allow_infinity=False),
)
_DATA = st.recursive(
    st.one_of(*_SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=15,
)


def read(folder: Path, name: str, text: str) -> dict[str, Any]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_file(file)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_was_written_is_read_again_and_written_the_same(tmp_path: Path, form: str) -> None:
    text = flow_files.text_of(FLOW, form)
    found = read(tmp_path, f"flow.{form}", text)
    assert found == {name: FLOW[name] for name in flow_files.FIELDS}
    assert flow_files.text_of(found, form) == text
    document = {name: found[name] for name in found if name != "name"}
    assert flow_documents.validate(document) == document


def test_code_stands_line_by_line_and_settings_in_their_order() -> None:
    text = flow_files.text_of(FLOW, "yaml")
    assert "code: |\n" in text
    assert "    print(n)\n" in text
    assert text.index("cells:") < text.index("view:")
    assert text.index("x: 2") < text.index("y: 1")
    assert "Ä" in text
    assert "  position:\n    x: 0.5\n    y: -3\n  settings:" in text
    assert text.count("position:") == 1


def test_what_the_server_adds_to_a_flow_is_left_out_and_unknown_fields_are_not(tmp_path: Path) -> None:
    found = read(tmp_path, "flow.json", json.dumps({**FLOW, "id": "x", "version": 3, "nodse": []}))
    assert {"id", "version"} & found.keys() == set()
    assert found["nodse"] == []


@given(_DATA)
@example({"\x85": None})
@example({"": None, "id": None})
@example(["a\u2028b\n", "\u2029"])
def test_any_data_is_the_same_after_yaml(data: Any) -> None:
    flow = {**FLOW, "nodes": [{**FLOW["nodes"][0], "settings": {"view": {"any": data}}}]}
    found = yaml_data.read_yaml(flow_files.text_of(flow, "yaml"))
    again = found["nodes"][0]["settings"]["view"]["any"]
    assert again == data
    assert json.dumps(again, sort_keys=True) == json.dumps(data, sort_keys=True)  # also 1, 1.0 and True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("2013-01-01", "2013-01-01"),
        ("12:30:00", "12:30:00"),
        ("0x10", "0x10"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("-3", -3),
        ("1.5e3", 1500.0),
        (".inf", ".inf"),
        ("'1'", "1"),
        ("<<", "<<"),
    ],
)
def test_yaml_means_what_json_would(text: str, value: Any) -> None:
    found = yaml_data.read_yaml(f"a: {text}\n")["a"]
    assert (found, type(found)) == (value, type(value))


_LINES = (f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdefghi"))
BILLION = "a: &a [x, x]\n" + "".join(_LINES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BILLION, "anchors"),
        ("a: *b\n", "anchors"),
        ("a: !!python/object/apply:os.system [true]\n", "tags"),
        ("a: !!binary aGk=\n", "tags"),
        ("a: !x y\n", "tags"),
        ("a: 1\nb: 2\na: 3\n", "'a' stands twice (line 3)"),
        ("{a: 1, a: 2}", "stands twice"),
        ("--- {}\n--- {}\n", "several documents"),
        ("? [a]\n: b\n", "a key is text"),
        ("a: 1e999\n", "too large"),
        ("a: b: c\n", "not YAML"),
        ("a: \x00\n", "not YAML"),
        ("[" * 100_000, "nested"),
        ("- " * 100_000, "nested"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadInput, match=r".") as caught:
        read(tmp_path, "flow.yaml", text)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": 1, "name": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": ' * 100_000, "nested"),
        ('{"a": 1e999}', "too large"),
        ('{"name": "\\ud800"}', "surrogate"),
        ('{"name": ', "not JSON"),
        ("[]", "object"),
    ],
)
def test_json_that_is_not_a_flow_is_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, "flow.json", text)
    assert told in caught.value.message


def test_more_values_than_a_flow_may_need_are_not_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_data, "MOST_VALUES", 1_000)
    taken = []

    def counted(text: str) -> Any:
        for event in yaml_data.yaml.parse(text, Loader=yaml_data._LOADER):
            taken.append(event)
            yield event

    monkeypatch.setattr(yaml_data, "_events", counted)
    with pytest.raises(BadInput, match="more than 1000 values"):
        yaml_data.read_yaml("- a\n" * 100_000)
    assert len(taken) < 1_100


def test_a_file_larger_than_a_flow_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    with file.open("wb") as out:
        out.truncate(1 << 36)  # 64 GiB, none of it written
    with pytest.raises(BadInput, match="larger"):
        read_file(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(BadInput, match="cannot be read"):
        read_file(tmp_path / "flow.yaml")


def test_the_largest_flow_is_read(tmp_path: Path) -> None:
    nodes = [{"id": f"n{n}"} for n in range(flow_documents.MOST_NODES)]
    edges = [{"from": f"n{n}", "to": f"n{n + d}"} for d in range(1, 6) for n in range(9_990)]
    flow = {"name": "large", **flow_documents.validate({"nodes": nodes, "connections": edges})}
    assert read(tmp_path, "flow.yaml", flow_files.text_of(flow, "yaml")) == flow
