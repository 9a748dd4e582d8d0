"""The streams of a process with a real Redis: none of them outlives its end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from broker_config import keys
from broker_config.wire.codec import encode
from broker_config.wire.events import FIELD, Event, Pulse, Started, pack
from tests.integration.redis_server import PASSWORD, RedisServer
from tests.waiting import wait_until
from web.live import reader
from web.live import stream as one_stream
from web.live.entries import Beat, Entry, Live, StreamId
from web.live.interest import Interest
from web.live.kernel_feed import KernelFeed
from web.live.reader import Reader
from web.live.slots import Slots
from web.live.streams import Streams
from web.live.writer import Writer

UID, OTHER = "A" * 12, "B" * 12
NOTHING: Any = None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()
    server.admin.close()


class Around:
    """A process's streams, and what is looked at from outside."""

    def __init__(self, server: RedisServer) -> None:
        self.client = redis.Redis(port=server.port, password=PASSWORD, socket_timeout=10)
        self.reader, self.slots = Reader(self.client), Slots(4)
        self.streams = Streams(self.reader, self.slots)

    def make(self, tips: dict[str, StreamId]) -> KernelFeed:
        """Of a kernel, from now on."""
        return KernelFeed(self.client, NOTHING, tips, {})

    def say(self, count: int) -> None:
        """So many events of the kernel."""
        for seq in range(count):
            event = pack(Event(f"{UID}-1", seq, time.time(), Started("g")))
            self.client.xadd(keys.out(UID), {FIELD: event})

    def beat(self, uid: str) -> None:
        """A kernel's heartbeat."""
        self.client.xadd(keys.pulse(uid), {FIELD: encode(Pulse("g", time.time(), 1, 2))})


@pytest.fixture
def around(server: RedisServer) -> Iterator[Around]:
    made = Around(server)
    yield made
    made.streams.close()


def test_a_stream_that_ended_before_it_began_is_kept_nowhere(
    around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_stream, "MOST_ENTRIES", 3)
    opened = around.streams.open(1, Interest(frozenset({UID})), around.make, lambda: NOTHING)
    around.say(5)
    wait_until(lambda: around.reader.streams == 0)
    client, connection = socket.socketpair()
    with client:
        opened.begin(connection, False)
        client.settimeout(10)
        got = b""
        while piece := client.recv(65_536):
            got += piece
    assert b"faster than they were read" in got
    wait_until(lambda: around.slots.open == 0)
    assert not around.streams._open
    assert not around.streams._looks._streams


def test_a_connection_that_cannot_be_watched_leaves_nothing_with_the_writer(around: Around) -> None:
    opened = around.streams.open(1, Interest(frozenset({UID})), around.make, lambda: NOTHING)
    client, connection = socket.socketpair()
    with client, pytest.MonkeyPatch.context() as patch:
        start = Writer._start

        def full(writer: Writer) -> Any:
            epoll = start(writer)
            epoll.register(connection.fileno())  # again is refused, as when there is no room for more
            return epoll

        patch.setattr(Writer, "_start", full)
        with pytest.raises(FileExistsError):
            opened.begin(connection, False)
    opened.close()
    assert not around.streams._writer._channels
    assert not around.streams._open
    assert (around.slots.open, around.reader.streams) == (0, 0)


class Follower:
    """Keeps each piece that it is given."""

    interest = Interest(frozenset({UID, OTHER}), pulses=True)

    def __init__(self) -> None:
        self.pieces: list[list[Entry]] = []

    def take(self, entries: list[Entry]) -> None:
        """From the reader."""
        self.pieces.append(entries)


def test_heartbeats_that_come_soon_after_each_other_are_given_in_one_piece(
    around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BEATS_EVERY_S", 2.0)
    follower = Follower()
    around.reader.subscribe(follower)
    around.beat(UID)
    wait_until(lambda: len(follower.pieces) == 1, 10, "the first")
    for uid in (UID, OTHER, UID):
        around.beat(uid)
    around.say(1)
    wait_until(lambda: len(follower.pieces) == 3, 10, "the others")
    assert [[type(one) for one in piece] for piece in follower.pieces] == [[Beat], [Live], [Beat] * 3]
