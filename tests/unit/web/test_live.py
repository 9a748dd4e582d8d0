"""Live streams inside the web process, without Redis."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from werkzeug.exceptions import TooManyRequests

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
from web.live.entries import Entry, Live, parse_id, read_out, show_id
from web.live.interest import Interest
from web.live.reader import Reader
from web.live.slots import Slots

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


def test_there_is_a_bound_for_a_user_and_one_for_all() -> None:
    slots = Slots(most=8)
    for user in range(slots.most):
        slots.take(user)
    with pytest.raises(Unavailable):
        slots.take(99)
    slots.give(0)
    slots.take(99)
    assert slots.open == slots.most
    for user in range(slots.most):
        slots.give(user)
    for _ in range(slots.most_of_one):
        slots.take(5)
    with pytest.raises(TooManyRequests):
        slots.take(5)


class Taker:
    """A subscriber that keeps what it gets."""

    def __init__(self) -> None:
        self.interest = Interest(frozenset({UID}))
        self.entries: list[Entry] = []

    def take(self, entries: list[Entry]) -> None:
        """By the reader."""
        self.entries += entries


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

    @property
    def connection_pool(self) -> Any:
        """Nothing comes."""
        raise redis.ConnectionError


def test_what_comes_while_a_subscriber_registers_is_not_lost() -> None:
    late = entry(Started("g"))
    reader: Reader

    def delivered() -> None:
        # The reader's thread, which follows this kernel for somebody else, takes an entry just now.
        reader._deliver(f"kernel:{UID}:out", [(b"6-0", fields_of(late))], {})

    reader, taker = Reader(SlowTips(delivered)), Taker()  # type: ignore[arg-type]
    assert reader.subscribe(taker) == {UID: (5, 0)}
    (taken,) = taker.entries
    assert isinstance(taken, Live)
    assert taken.at == (6, 0)
    reader.close()


def test_a_subscriber_that_finds_redis_away_leaves_nothing_behind() -> None:
    def away() -> None:
        raise redis.ConnectionError

    reader = Reader(SlowTips(away))  # type: ignore[arg-type]
    with pytest.raises(redis.ConnectionError):
        reader.subscribe(Taker())
    assert reader.streams == 0


def fields_of(live: Live) -> dict[bytes, bytes]:
    return {FIELD.encode(): pack(live.event).encode()}
