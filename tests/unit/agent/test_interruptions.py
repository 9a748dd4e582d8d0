"""Who interrupted what: the first counts, and what has ended is forgotten."""

from __future__ import annotations

from kernel_worker.agent.interruptions import Interruptions


def test_a_stop_from_outside_is_one_when_nobody_asked_before() -> None:
    known = Interruptions()
    known.from_outside("a", "somebody")
    known.asked("a")
    assert known.outside_of("a") == "somebody"
    known.asked("b")
    known.from_outside("b", "somebody")
    assert known.outside_of("b") is None
    assert known.outside_of("never heard of") is None


def test_what_has_ended_is_forgotten() -> None:
    known = Interruptions()
    known.from_outside("a", "somebody")
    known.asked("b")
    known.forget("a")
    known.forget("b")
    known.from_outside("b", "somebody")
    assert (known.outside_of("a"), known.outside_of("b")) == (None, "somebody")
