"""What our Flower does otherwise than Flower."""

from __future__ import annotations

from typing import Any

import pytest
from flower.utils import search

from web.stack.flower import LONGEST_REMEMBERED, remembering


@pytest.mark.parametrize(
    "value", ["{'kernel': 'a', 'flow': 'b'}", "", "{", "None", None, {"a": 1}, {"a": [1]}, [1], 7]
)
def test_arguments_of_tasks_are_read_as_flower_reads_them(value: Any) -> None:
    read = remembering(search._kwargs_pairs)
    assert [read(value), read(value)] == 2 * [search._kwargs_pairs(value)]


def test_short_texts_are_read_once_and_long_ones_are_not_kept() -> None:
    asked: list[Any] = []
    read = remembering(asked.append)
    long = "x" * (LONGEST_REMEMBERED + 1)
    for value in ("short", "short", long, long, [], []):
        read(value)
    assert asked == ["short", long, long, [], []]
