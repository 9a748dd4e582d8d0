"""Requests to an object store over a real socket: kept connections, forms of a body, what is no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from broker_config.store_http import PIECE_BYTES, BadAnswer, Connections

SAID = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "e"\r\n\r\ndata'


class Store:
    """Answers each request of each connection with the next of ``answers``; b"" ends the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.reads_bodies = True
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/bucket/key"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file, suppress(OSError):
            while head := b"".join(iter(file.readline, b"\r\n") if file.peek(1) else []):
                self.heads.append(head)
                if self.reads_bodies:
                    self.bodies.append(file.read(_length(head)))
                answer = self.answers.pop(0)
                connection.sendall(answer)
                if not answer or b"close" in answer or not self.reads_bodies:
                    return


def _length(head: bytes) -> int:
    lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    return int(lengths[0].partition(b":")[2]) if lengths else 0


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.close()


def test_an_answer_is_its_status_its_fields_and_its_body(store: Store) -> None:
    store.answers = [SAID]
    answer = Connections().ask("GET", store.url, {"Range": "bytes=0-3"})
    assert (answer.status, answer.headers["etag"], answer.data) == (200, '"e"', b"data")
    assert b"GET /bucket/key HTTP/1.1\r\n" in store.heads[0]
    assert b"Range: bytes=0-3\r\n" in store.heads[0]


def test_a_connection_serves_for_many_requests_and_one_that_ended_is_made_anew(store: Store) -> None:
    closing = SAID.replace(b"ETag", b"Connection: close\r\nETag")
    store.answers = [SAID, SAID, closing, SAID]
    connections = Connections()
    for _ in range(4):
        assert connections.ask("GET", store.url, {}).data == b"data"
    assert store.connections == 2


def test_a_kept_connection_that_the_store_closed_is_not_used(store: Store) -> None:
    connections = Connections()
    store.answers = [SAID, b"", SAID]
    connections.ask("GET", store.url, {})
    with pytest.raises(ConnectionError):
        connections.ask("GET", store.url, {})
    assert connections.ask("GET", store.url, {}).data == b"data"


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ndat\r\n1;x=y\r\na\r\n0\r\n\r\n",
            b"data",
        ),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata", b"data"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + SAID, b"data"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000, b"x" * 300_000),
    ],
)
def test_every_form_of_a_body_is_read(store: Store, answer: bytes, data: bytes) -> None:
    store.answers = [answer]
    assert Connections().ask("GET", store.url, {}).data == data


def test_an_answer_to_head_has_a_length_and_no_body(store: Store) -> None:
    store.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", SAID]
    connections = Connections()
    answer = connections.ask("HEAD", store.url, {})
    assert (answer.headers["content-length"], answer.data) == ("4", b"")
    assert connections.ask("GET", store.url, {}).data == b"data"
    assert store.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n close",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nda",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    ],
)
def test_what_is_no_answer_is_an_error_of_the_system(store: Store, answer: bytes) -> None:
    store.answers = [answer]
    with pytest.raises((BadAnswer, ConnectionError)):
        Connections().ask("GET", store.url, {})


@pytest.mark.parametrize("size", [0, 1000, PIECE_BYTES * 5 + 1])
def test_a_body_arrives_whole(store: Store, size: int) -> None:
    store.answers = [SAID]
    body = bytes(range(256)) * (size // 256) + b"e" * (size % 256)
    assert Connections().ask("PUT", store.url, {"X-Sum": "s"}, bytearray(body)).status == 200
    assert store.bodies == [body]


def test_a_refusal_of_a_large_body_is_heard_before_all_of_it_was_sent(store: Store) -> None:
    store.reads_bodies = False
    store.answers = [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"]
    heard = []
    with suppress(ConnectionError):  # the system may throw the answer away with the connection
        heard = [Connections(read_s=5.0).ask("PUT", store.url, {}, bytes(64 * 1024 * 1024)).status]
    assert heard in ([], [403])


def test_a_sink_gets_what_succeeded_and_no_refusal(store: Store) -> None:
    refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"
    store.answers = [SAID, refused]
    found: list[bytes] = []
    connections = Connections()
    assert connections.ask("GET", store.url, {}, sink=found.append).data == b""
    assert connections.ask("GET", store.url, {}, sink=found.append).data == b"gone"
    assert found == [b"data"]


def test_nothing_that_ends_a_field_gets_into_a_request(store: Store) -> None:
    connections = Connections()
    for url, headers in (
        (store.url, {"Range": "a\r\nX-Evil: b"}),
        (store.url + "\r\nX-Evil: b", {}),
        (store.url + " HTTP/1.0", {}),
        ("ftp://127.0.0.1/x", {}),
    ):
        with pytest.raises(ValueError, match=r"(?i)address|header"):
            connections.ask("GET", url, headers)
    assert store.heads == []


def test_a_store_that_says_nothing_is_given_up(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(TimeoutError):
        Connections(read_s=0.2).ask("GET", f"http://127.0.0.1:{mute.getsockname()[1]}/x", {})
