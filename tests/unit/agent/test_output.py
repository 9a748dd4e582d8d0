"""Frames of a hostile runner: kept, spooled, sent out live within bounds, replayed by an adopter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.codec import encode_tagged
from broker_config.wire.events import Event, Stream, unpack
from broker_config.wire.frames import STDERR, STDOUT, Clear, LogLine, Show, Step
from broker_config.wire.messages import Limits
from kernel_worker.agent.emitter import Emitter
from kernel_worker.agent.live import Bucket, ProgressGate
from kernel_worker.agent.output import Output
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.spool import Spool
from kernel_worker.agent.streams import OUT_BYTES, OutTrim


class Sent(Publisher):
    """Keeps what would be sent; everything above it is real."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, payload: str, **_: Any) -> bool:
        self.events.append(unpack(payload))
        return True


@pytest.fixture
def sent() -> Sent:
    return Sent()


def output(folder: Path, sent: Sent) -> Output:
    limits = Limits(1, 1.0, 1, 1_000, 1_000, 10_000)
    spool = Spool(folder, "x", limits.stream_full_bytes)
    store: Any = None  # nothing here is big enough to be stored
    return Output(limits, spool, Emitter("x", sent, spool), store)


def feed(output: Output, message: Any) -> None:
    assert output.message(message, encode_tagged(message).encode())


def test_frames_become_events_in_order(tmp_path: Path, sent: Sent) -> None:
    out = output(tmp_path, sent)
    out.text(STDOUT, b"a")
    feed(out, Show("d", "t", {"text/plain": "1"}))
    feed(out, Show("d", "t", {"text/plain": "2"}, update=True))
    feed(out, LogLine("INFO", "line"))
    feed(out, Step("bar", "", 1.0, 2.0))
    feed(out, Clear())
    out.text(STDERR, b"b")
    kinds = [event.type for event in sent.events]
    assert kinds == ["stream", "display", "update_display", "log", "progress", "clear_output", "stream"]
    assert [event.seq for event in sent.events] == list(range(7))


def test_a_display_that_is_not_json_is_counted_and_ignored(tmp_path: Path, sent: Sent) -> None:
    out = output(tmp_path, sent)
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    for content in (float("nan"), float("inf"), deep):
        assert out.message(Show("d", "", {"application/json": content}), b"{}")
    assert out.bad_frames == 3
    assert out.collector.items() == []


def test_a_flood_goes_out_up_to_its_budget_and_the_rest_is_counted(tmp_path: Path, sent: Sent) -> None:
    out = output(tmp_path, sent)
    for _ in range(200):
        out.text(STDOUT, b"x" * 100)
    out.notice_skipped()
    shown = sum(len(event.body.text) for event in sent.events)
    assert shown < 5_000
    assert shown + sum(event.body.skipped_bytes for event in sent.events) == 20_000


def test_an_adopter_replays_what_was_kept_and_numbers_on_above_it(tmp_path: Path, sent: Sent) -> None:
    first = output(tmp_path, sent)
    first.text(STDOUT, "ä".encode())
    feed(first, Show("d", "", {"text/plain": "old"}))
    feed(first, Show("d", "", {"text/plain": "new"}, update=True))
    with (tmp_path / "x.frames").open("ab") as file:
        file.write(b"o\x00\x00\x00\x09torn")
    second = output(tmp_path, sent)
    numbers = Emitter("x", sent, Spool(tmp_path, "x", 10))
    numbers.continue_at(second.replay())
    assert second.collector.items() == first.collector.items()
    before = max(event.seq for event in sent.events)
    assert numbers.emit(Stream("stdout", "b", 0))
    assert sent.events[-1].seq > before


def test_the_spool_keeps_the_full_text_of_each_stream_up_to_its_cap(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "x", 10)
    for kind, text in ((STDOUT, b"abcdef"), (STDERR, b"err"), (STDOUT, b"ghijklmn"), (STDOUT, b"op")):
        spool.add(kind, text)
    spool.full_text(STDOUT, tmp_path / "full")
    assert (tmp_path / "full").read_bytes() == b"abcdefghij"
    spool.remove()
    assert not spool.path.exists()


def test_a_bucket_refills_with_time_and_never_above_its_size() -> None:
    bucket = Bucket(100.0, 10.0)
    assert bucket.take(100, 0.0)
    assert not bucket.take(11, 1.0)
    assert bucket.take(10, 1.0)
    assert not bucket.take(101, 1_000.0)
    assert bucket.take(100, 1_000.0)


def test_progress_passes_ten_times_a_second_and_at_its_end() -> None:
    gate = ProgressGate()
    passed = [gate.passes("bar", float(n), 100.0, n / 100) for n in range(101)]
    assert 10 <= sum(passed) <= 12
    assert passed[100]


def test_out_is_trimmed_by_bytes_before_it_is_by_number() -> None:
    trim = OutTrim()
    assert trim.words(10) == ("MAXLEN", "~", 20_000)
    for number in range(20):
        trim.added(f"{number}-0".encode(), OUT_BYTES // 16)
    assert trim.words(OUT_BYTES // 16) == ("MINID", "=", "5-0")
