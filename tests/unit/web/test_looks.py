"""The one place that looks at the ledger for streams, with streams that note what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broker_config.wire.errors import Unavailable
from tests.waiting import wait_until
from web.live import looks
from web.live.looks import Batch, Looks


class Noted:
    """A stream of one kernel."""

    def __init__(self, uid: str, away: bool = False) -> None:
        self._uid = uid
        self._away = away
        self._changes: set[str] = set()
        self.looks: list[Batch] = []
        self.checks: list[Batch] = []
        self.failed: Unavailable | None = None

    def change(self) -> None:
        """Its kernel has changed."""
        self._changes = {self._uid}

    def kernels(self) -> frozenset[str]:
        """The one."""
        return frozenset({self._uid})

    def changed(self) -> frozenset[str]:
        """Told once."""
        changes, self._changes = frozenset(self._changes), set()
        return changes

    def look(self, batch: Batch, changed: frozenset[str]) -> None:
        """Noted."""
        self.looks.append(batch)

    def check(self, batch: Batch) -> Unavailable | None:
        """Noted."""
        self.checks.append(batch)
        return Unavailable("the ledger is away") if self._away else None

    def fail(self, error: Unavailable) -> None:
        """Noted."""
        self.failed = error


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    monkeypatch.setattr(looks, "LOGIN_AGAIN_S", 0.2)
    made = Looks()
    yield made
    made.close()


def test_what_changed_is_looked_at_once_for_all(place: Looks) -> None:
    streams = [Noted(uid) for uid in ("a", "a", "b", "c")]
    for stream in streams:
        place.add(stream)
    for stream in streams[:3]:
        stream.change()
    place.soon(0.0)
    wait_until(lambda: streams[2].looks)
    assert {id(batch) for stream in streams[:3] for batch in stream.looks} == {id(streams[0].looks[0])}
    assert streams[0].looks[0].uids == {"a", "b"}
    assert streams[3].looks == []


def test_logins_are_looked_at_again_and_again_until_a_stream_has_ended(place: Looks) -> None:
    stays, goes = Noted("a"), Noted("b")
    place.add(stays)
    place.add(goes)
    wait_until(lambda: len(goes.checks) >= 2)
    place.remove(goes)
    wait_until(lambda: stays.checks[-1].uids == {"a"})
    seen, at = len(goes.checks), len(stays.checks)
    wait_until(lambda: len(stays.checks) > at + 1)
    assert len(goes.checks) == seen


def test_without_an_answer_nobody_reads_on_and_nobody_else_waits_for_one(place: Looks) -> None:
    streams = [Noted("a"), Noted("b", away=True), Noted("c")]
    for stream in streams:
        place.add(stream)
    wait_until(lambda: streams[2].failed)
    assert [stream.failed is not None for stream in streams] == [False, True, True]
    assert streams[2].checks == []
