"""What is put back into a queue, and to which end."""

from __future__ import annotations

import random

import pytest

from tasks.queue_plan import Plan, plan

ALL = list("abcdef")


@pytest.mark.parametrize(
    ("waiting", "lying", "due", "decided"),
    [
        ("abc", "abc", "abc", Plan()),
        ("abc", "", "abc", Plan(back=["a", "b", "c"])),
        ("abc", "c", "ab", Plan(front=["a", "b"])),
        ("abc", "a", "bc", Plan(back=["b", "c"])),
        ("abcd", "bc", "ad", Plan(front=["a"], back=["d"])),
        ("abc", "ac", "b", Plan(rebuilt=["a", "b", "c"])),
        ("abc", "cb", "a", Plan(rebuilt=["a", "b", "c"])),
        ("abc", "c", "", Plan()),
        ("abc", "", "a", Plan(back=["a"])),
        ("abc", "", "b", Plan(back=["a", "b"])),
        ("ab", "xa", "b", Plan(back=["b"])),
    ],
)
def test_what_is_missing_goes_where_its_seq_says(waiting: str, lying: str, due: str, decided: Plan) -> None:
    assert plan(list(waiting), list(lying), set(due)) == decided


def test_after_any_loss_a_queue_is_in_order_again() -> None:
    rng = random.Random(7)
    for _ in range(2_000):
        lying = [one for one in ALL if rng.random() < 0.5]
        decided = plan(ALL, lying, set(ALL))
        queue = decided.rebuilt or [*decided.front, *lying, *decided.back]
        assert queue == ALL, (lying, decided)
