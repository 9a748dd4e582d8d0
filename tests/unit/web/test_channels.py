"""A client's connection without a server: what is sent, kept, dropped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.waiting import wait_until
from web.live import budget as budgets
from web.live import channel as channels
from web.live.budget import Budget
from web.live.channel import END, MOST_BYTES, Channel
from web.live.writer import Writer

PIECE = "x" * 100_000


@dataclass
class Line:
    """Both ends, and what the writer says."""

    channel: Channel
    client: socket.socket
    budget: Budget
    gone: threading.Event = field(default_factory=threading.Event)
    drains: int = 0

    def drained(self) -> None:
        """By the writer."""
        self.drains += 1

    def closed(self) -> None:
        """By the writer."""
        self.gone.set()

    def read_all(self) -> bytes:
        """Until the end."""
        self.client.settimeout(10)
        got = b""
        while piece := self.client.recv(1 << 20):
            got += piece
        return got


@pytest.fixture(params=[False, True], ids=["plain", "chunked"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    client, server = socket.socketpair()
    budget = Budget()
    made = Line(Channel(server, request.param, budget.share(1)), client, budget)
    writer = Writer()
    writer.add(made.channel, made)
    yield made
    client.close()
    wait_until(made.gone.is_set)
    writer.close()
    assert budget.used == 0


def parts(data: bytes) -> bytes:
    """The body of a chunked answer."""
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body, rest = body + data[: int(size, 16)], data[int(size, 16) :]
        assert rest.startswith(b"\r\n")
        data = rest[2:]
    return body


def body_of(line: Line) -> bytes:
    got = line.read_all()
    return parts(got) if got.endswith(END) else got


def test_what_is_pushed_comes_in_order_and_then_the_end(line: Line) -> None:
    for number in range(100):
        assert line.channel.push(f"{number}\n")
    line.channel.finish("bye")
    line.channel.push("never")
    assert body_of(line) == "".join(f"{number}\n" for number in range(100)).encode() + b"bye"
    wait_until(line.gone.is_set)


def test_what_a_client_does_not_read_waits_and_is_bounded(line: Line) -> None:
    taken = 0
    while line.channel.push(PIECE):
        taken += 1
    assert MOST_BYTES - 2 * len(PIECE) < line.channel.waiting <= MOST_BYTES
    assert line.budget.used == line.channel.waiting
    line.channel.finish()
    assert body_of(line) == PIECE.encode() * taken


def test_who_was_dropped_reads_whole_pieces_and_why(line: Line) -> None:
    while line.channel.push(PIECE):
        pass
    line.channel.drop("too slow")
    assert line.channel.waiting <= len(PIECE) + 20
    got = body_of(line)
    assert got.endswith(b"too slow")
    assert len(got[: -len(b"too slow")]) % len(PIECE) == 0


def test_what_waits_for_one_user_is_bounded(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MOST_OF_ONE", 200_000)
    while line.channel.push(PIECE):
        pass
    assert line.budget.used <= 200_000 + len(PIECE) + 20
    line.channel.drop("bye")
    assert len(body_of(line)) % len(PIECE) == len("bye")


def test_who_lets_much_wait_is_refused_and_not_who_lets_little_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budgets, "MOST_OF_ALL", 1_000)
    monkeypatch.setattr(budgets, "MOST_OF_ONE", 900)
    budget = Budget()
    greedy, other = budget.share(1), budget.share(2)
    assert greedy.take(900)
    assert not greedy.take(100)
    assert [other.take(250), other.take(250)] == [True, True]
    assert not greedy.take(1)
    assert not other.take(1)
    greedy.give(1_001)
    assert other.take(1)
    other.give(502 - 1)
    assert budget.used == 1
    other.give(1)
    assert budget.used == 0


def test_a_client_that_hangs_up_is_seen(line: Line) -> None:
    assert line.channel.push("x")
    line.client.close()
    wait_until(line.gone.is_set)
    assert line.channel.push("nobody hears this")


def test_its_owner_hears_when_all_was_read(line: Line) -> None:
    while line.channel.waiting == 0:
        line.channel.push(PIECE)
    line.client.setblocking(False)

    def heard() -> bool:
        with suppress(BlockingIOError):
            line.client.recv(1 << 20)
        return line.drains > 0

    wait_until(heard)
    assert line.channel.waiting == 0


def test_who_does_not_read_the_end_is_not_waited_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "LAST_WORDS_S", 0.1)
    while line.channel.push(PIECE):
        pass
    line.channel.finish()
    wait_until(line.gone.is_set)
