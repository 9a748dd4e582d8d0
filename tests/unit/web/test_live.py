"""Live streams inside the web process, without Redis."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis

from broker_config.wire.errors import BadField, Unavailable
from broker_config.wire.events import (
    FIELD,
    Answer,
    ClearOutput,
    Display,
    Event,
    ExecutionResult,
    Finished,
    Log,
    Started,
    Stream,
    UpdateDisplay,
    pack,
)
from broker_config.wire.states import ExecutionState
from web.live import cursor
from web.live.assembly import Assembly
from web.live.entries import Live, parse_id, read_out, show_id
from web.live.reader import Reader
from web.live.slots import Slots
from web.live.subscription import MOST_ENTRIES, Interest, Subscription

UID = "A" * 12
RUN = f"{UID}-11111111-1111-4111-8111-111111111111"


def entry(body: Any, execution_id: str | None = RUN, seq: int = 0) -> Live:
    found = read_out(UID, (1, seq), {FIELD.encode(): pack(Event(execution_id, seq, 1.0, body)).encode()})
    assert isinstance(found, Live)
    return found


def test_ids_of_streams_are_read_strictly() -> None:
    assert parse_id("17-3") == (17, 3)
    assert show_id(parse_id(b"17-3")) == "17-3"
    for text in ("", "1", "1-", "-1", "a-b", "1-2-3", "²-1", "18446744073709551616-0", "1-" + "9" * 30):
        with pytest.raises(ValueError, match="stream id"):
            parse_id(text)


def test_cursors_name_where_each_kernel_stands() -> None:
    positions = {UID: (5, 1), "B" * 12: (0, 0)}
    assert cursor.read(cursor.show(positions)) == positions
    assert cursor.read(None) == cursor.read("") == {}
    for text in ("x", f"{UID}:", f"{UID}:1", "a:1-1", f"{UID}:1-1,"):
        with pytest.raises(BadField):
            cursor.read(text)


def test_a_kernels_text_is_one_line_with_its_id() -> None:
    live = entry(Stream("stdout", "a\n\nid: forged\r\u2028"))
    assert "\n" not in live.text
    assert "\r" not in live.text
    assert live.text.isascii()
    assert f'"id":"{UID}:1-0"' in live.text


def test_what_is_about_another_kernel_or_no_page_is_dropped() -> None:
    def read(body: Any, execution_id: str | None) -> Any:
        return read_out(UID, (1, 0), {FIELD.encode(): pack(Event(execution_id, 0, 1.0, body)).encode()})

    assert read(Stream("stdout", "x"), "B" * 12 + RUN[12:]) is None
    assert read(Stream("stdout", "x"), None) is None
    assert read(Started("g"), RUN) is not None
    assert isinstance(read(Answer("r", {}), None), Answer)
    assert read_out(UID, (1, 0), {}) is None
    assert read_out(UID, (1, 0), {FIELD.encode(): b"\xff"}) is None


def test_output_is_put_together_in_order() -> None:
    picture, newer = Display("d", "t", {"text/plain": "1"}), UpdateDisplay("d", "t", {"text/plain": "2"})
    bodies = [
        Started("g"),
        Stream("stdout", "a"),
        Stream("stdout", "b"),
        picture,
        Stream("stderr", "c", 7),
        newer,
    ]
    live = Assembly().take_all(entry(body, seq=seq) for seq, body in enumerate([*bodies, Log("INFO", "m")]))
    items = live.output()["items"]
    assert live.complete
    assert [(item["kind"], item["text"]) for item in items[:1]] == [("stream", "ab")]
    assert items[1]["data"] == {"text/plain": "2"}
    assert [item["kind"] for item in items] == ["stream", "display", "skipped", "stream"]
    assert live.output()["logs"][0]["message"] == "m"


def test_output_is_cleared_at_once_or_with_the_next() -> None:
    first, second = Stream("stdout", "1"), Stream("stdout", "2")
    texts = {}
    for wait in (False, True):
        live = Assembly().take_all(map(entry, [Started("g"), first, ClearOutput(wait)]))
        texts[wait] = [item["text"] for item in live.output()["items"]]
        live.take_all([entry(second)])
        assert [item["text"] for item in live.output()["items"]] == ["2"]
    assert texts == {False: [], True: ["1"]}


def test_without_its_beginning_output_is_not_complete() -> None:
    done = Finished(ExecutionResult(ExecutionState.SUCCEEDED, "g"))
    live = Assembly().take_all(map(entry, [Stream("stdout", "1"), done]))
    assert not live.complete
    assert live.finished == done


def test_a_subscriber_that_reads_too_slowly_is_dropped_and_the_next_is_not() -> None:
    closed: list[Subscription] = []
    with Subscription(Interest(frozenset({UID})), closed.append) as slow:
        for seq in range(MOST_ENTRIES + 10):
            slow.put(entry(Started("g"), seq=seq))
        assert slow.overflowed
        assert slow.take(0) == []
    assert closed == [slow]
    fast = Subscription(Interest(frozenset({UID})), closed.append)
    for seq in range(MOST_ENTRIES * 2):
        fast.put(entry(Started("g"), seq=seq))
        assert len(fast.take(0)) == 1
    assert not fast.overflowed


def test_nothing_is_waited_for_longer_than_asked() -> None:
    began = time.monotonic()
    assert Subscription(Interest(frozenset()), lambda _: None).take(0.05) == []
    assert time.monotonic() - began < 2


def test_streams_leave_threads_for_requests() -> None:
    slots = Slots(threads=8)
    for user in range(slots.most):
        slots.take(user)
    with pytest.raises(Unavailable):
        slots.take(99)
    slots.give(0)
    slots.take(99)
    assert slots.open == slots.most < 8


class SlowTips:
    """A Redis whose answer to ``XREVRANGE`` comes after other things have happened."""

    def __init__(self, meanwhile: Any) -> None:
        self._meanwhile = meanwhile

    def pipeline(self, transaction: bool = False) -> SlowTips:
        return self

    def xrevrange(self, name: str, count: int) -> None:
        """Asked for in a pipeline: the answer comes with ``execute``."""

    def execute(self) -> list[Any]:
        self._meanwhile()
        return [[(b"5-0", {})], [], []]

    def xadd(self, *_: Any, **__: Any) -> None:
        """The nudge."""

    def xread(self, *_: Any, **__: Any) -> None:
        """Nothing comes."""


def test_what_comes_while_a_subscriber_registers_is_not_lost() -> None:
    late = entry(Started("g"))
    reader: Reader

    def delivered() -> None:
        # The reader's thread, which follows this kernel for somebody else, takes an entry just now.
        reader._deliver(f"kernel:{UID}:out", b"6-0", fields_of(late), list(reader._subscribers))

    reader = Reader(SlowTips(delivered))  # type: ignore[arg-type]
    subscription, tips = reader.subscribe(Interest(frozenset({UID})))
    assert tips == {UID: (5, 0)}
    (taken,) = subscription.take(0)
    assert isinstance(taken, Live)
    assert taken.at == (6, 0)
    reader.close()


def test_a_subscriber_that_finds_redis_away_leaves_nothing_behind() -> None:
    def away() -> None:
        raise redis.ConnectionError

    reader = Reader(SlowTips(away))  # type: ignore[arg-type]
    with pytest.raises(redis.ConnectionError):
        reader.subscribe(Interest(frozenset({UID})))
    assert reader.streams == 0


def fields_of(live: Live) -> dict[bytes, bytes]:
    return {FIELD.encode(): pack(live.event).encode()}
