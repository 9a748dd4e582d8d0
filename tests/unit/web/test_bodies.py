"""JSON bodies from bytes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.errors import BadField, BadInput
from web.answers import dumps
from web.validation.json_text import DEEPEST, parse_object

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(TEXT, PLAIN))
def test_every_json_object_comes_as_it_was_sent(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(BadInput, BadField):
        assert isinstance(parse_object(data), dict)


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_depth_is_bounded_and_brackets_in_texts_are_no_depth() -> None:
    assert parse_object(nested(DEEPEST))
    with pytest.raises(BadInput):
        parse_object(nested(DEEPEST + 1))
    code = "[" * 10_000 + '"{{{' + "\\"
    assert parse_object(json.dumps({"code": code, "more": "]"}).encode()) == {"code": code, "more": "]"}


def test_the_place_of_a_bad_text_is_named() -> None:
    with pytest.raises(BadField) as error:
        parse_object(b'{"cells":[{"code":"ok"},{"code":"\\ud800"}]}')
    assert error.value.field == "cells[1].code"
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_answers_are_json_whatever_a_kernel_wrote() -> None:
    data = {"a": [float("nan"), float("inf"), {"b": float("-inf")}], "c": "\ud800"}
    assert json.loads(dumps(data))["a"] == [None, None, {"b": None}]
