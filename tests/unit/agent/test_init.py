"""Init's order, back-off and requests; the agent's side of them over a real socket."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from broker_config.wire.codec import encode
from broker_config.wire.errors import Unavailable
from broker_config.wire.messages import Boot, BrokerAddress, Limits
from kernel_worker.agent import init_client
from kernel_worker.agent.init_client import InitClient
from kernel_worker.init import requests
from kernel_worker.init.backoff import Backoff
from kernel_worker.init.order import BadOrder, read_order

BOOT = Boot(
    version=1,
    uid="u" * 12,
    kernel_id="k",
    broker=BrokerAddress("h", 1, "user", "secret-word"),
    limits=Limits(5, 1.5, 3, 1, 1, 1),
    agent_dir="/a",
    runner_dir="/r",
    shared_dir="/s",
    runner_python="/p",
    runner_uid=7,
    env={"A": "b"},
)


def test_an_order_is_what_init_needs_of_the_boot_message() -> None:
    order = read_order(io.BytesIO(encode(BOOT).encode() + b"\n"))
    assert (order.memory_bytes, order.cpu_threads, order.namespaces) == (5, 2, 3)
    assert (order.agent_uid, order.runner_uid, order.cgroup, order.env) == (None, 7, None, {"A": "b"})


@pytest.mark.parametrize("line", [b"", b"secret-word\n", b"[]\n", b'{"limits": "secret-word"}\n', b"{}\n"])
def test_a_bad_order_is_refused_without_repeating_it(line: bytes) -> None:
    with pytest.raises(BadOrder) as caught:
        read_order(io.BytesIO(line))
    assert "secret-word" not in str(caught.value)


def test_only_the_second_quick_death_in_a_row_waits() -> None:
    backoff = Backoff()
    assert backoff.due()
    backoff.ended(0.1)
    assert backoff.due()
    backoff.ended(0.1)
    first = backoff.wait_s()
    assert 0 < first <= 0.1
    backoff.ended(0.1)
    assert backoff.wait_s() > first
    backoff.ended(60.0)
    assert backoff.due()


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, InitClient]]:
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mine.settimeout(5)
    client = InitClient(theirs.detach())
    with mine, contextlib.closing(client):
        yield mine, client


def serve(channel: socket.socket, content: dict[str, object], fds: list[int]) -> threading.Thread:
    def one() -> None:
        received = requests.receive(channel)
        assert received is not None
        requests.answer(received[1], {**content, "op": received[0]["op"]}, fds)

    thread = threading.Thread(target=one)
    thread.start()
    return thread


def test_attach_hands_over_both_sockets(channel: tuple[socket.socket, InitClient]) -> None:
    cells, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with cells, control:
        thread = serve(channel[0], {"generation": "g", "pid": 5}, [cells.fileno(), control.fileno()])
        attached = channel[1].attach(1.0)
        thread.join(5)
        assert attached is not None
        assert (attached.generation, attached.pid) == ("g", 5)
        attached.cells.send(b"hello")
        assert attached.control.recv(10) == b"hello"
        attached.cells.close()
        attached.control.close()


def test_attach_gives_up_when_there_is_no_runner(channel: tuple[socket.socket, InitClient]) -> None:
    thread = serve(channel[0], {"generation": None}, [])
    assert channel[1].attach(0.0) is None
    thread.join(5)


def test_an_ending_comes_back_whole(channel: tuple[socket.socket, InitClient]) -> None:
    facts = {"generation": "g", "exit_code": None, "signal": "SIGKILL", "kill_reason": "stop", "oom": False}
    thread = serve(channel[0], {"ending": {**facts, "peak_bytes": 9}}, [])
    ending = channel[1].ended("g")
    thread.join(5)
    assert ending is not None
    assert (ending.signal, ending.kill_reason, ending.peak_bytes) == ("SIGKILL", "stop", 9)


def test_an_init_that_does_not_answer_is_unavailable(
    channel: tuple[socket.socket, InitClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init_client, "ANSWER_S", 0.1)
    with pytest.raises(Unavailable):
        channel[1].kill("g", "stop")


def test_requests_that_cannot_be_answered_are_dropped(channel: tuple[socket.socket, InitClient]) -> None:
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with sender, receiver:
        sender.send(json.dumps({"op": "attach"}).encode())
        assert requests.receive(receiver) is None
        read, write = os.pipe()
        socket.send_fds(sender, [b"{}"], [read])
        assert requests.receive(receiver) is None
        os.close(read)
        os.close(write)
        mine, theirs = socket.socketpair()
        with mine, theirs:
            socket.send_fds(sender, [b"not json"], [theirs.fileno()])
            assert requests.receive(receiver) is None
