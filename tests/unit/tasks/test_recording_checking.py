"""What the recorder keeps of a kernel's lists."""

from __future__ import annotations

from tasks.recording.checking import MOST_ITEMS, MOST_ITEMS_BYTES, bounded


def test_a_short_list_is_kept_whole() -> None:
    assert bounded([{"name": "x"}, {"name": "y"}]) == [{"name": "x"}, {"name": "y"}]
    assert bounded([]) == []


def test_of_a_long_list_the_beginning_is_kept() -> None:
    assert bounded(list(range(MOST_ITEMS + 5))) == list(range(MOST_ITEMS))


def test_of_large_items_as_many_are_kept_as_fit() -> None:
    large = {"x": "y" * (MOST_ITEMS_BYTES // 3)}
    assert bounded([large] * 9) == [large] * 2
    assert bounded([{"x": "y" * MOST_ITEMS_BYTES}]) == []
