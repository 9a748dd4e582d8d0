"""gunicorn's worker whose threads stay with a connection for a moment: nobody waits for one that stays."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.stack.web_server import WORKER
from web.stack.web_worker import SHARE_STAYING, STAYS_MS

THREADS = SHARE_STAYING
"""So that one of them may stay."""
APP = f"""
import threading

THREADS = {THREADS}
"""
APP += """
together = threading.Barrier(THREADS)

def app(environ, start_response):
    if environ["PATH_INFO"] == "/together":
        together.wait(20)
    body = threading.current_thread().name.encode()
    environ["wsgi.input"].read(0)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
PATIENT = """
from web.stack import web_worker

web_worker.STAYS_MS = 10_000
"""
"""A busy machine's client takes longer than a thread stays."""


class Server:
    """A gunicorn of one worker with few threads; ``answer`` names the thread that answered."""

    def __init__(self, folder: Path, app: str = APP) -> None:
        (folder / "answering.py").write_text(app)
        self.port = free_ports(1)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"),
                *("--worker-class", WORKER, "--threads", str(THREADS), "--keep-alive", "30"),
                *("--graceful-timeout", "5", "--no-control-socket", "--pythonpath", str(folder)),
                "answering:app",
            ]
        )

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def answers(self) -> bool:
        try:
            with closing(self.connection()) as one:
                return bool(self.answer(one))
        except OSError:
            return False

    @staticmethod
    def answer(connection: http.client.HTTPConnection) -> str:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()


def running(made: Server) -> Iterator[Server]:
    try:
        wait_until(made.answers, 30, "gunicorn")
        yield made
    finally:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from running(Server(tmp_path))


@pytest.fixture
def patient_server(tmp_path: Path) -> Iterator[Server]:
    yield from running(Server(tmp_path, APP + PATIENT))


def test_many_kept_connections_are_answered_in_turn_by_few_threads(server: Server) -> None:
    with ExitStack() as held:
        kept = [held.enter_context(closing(server.connection())) for _ in range(5 * THREADS)]
        for _ in range(3):
            assert len({server.answer(one) for one in kept}) <= THREADS


def test_a_request_soon_after_another_is_answered_by_the_thread_that_stayed(patient_server: Server) -> None:
    server = patient_server
    with ExitStack() as held:  # now all threads are there, and take turns where none stays
        many = [held.enter_context(closing(server.connection())) for _ in range(THREADS)]
        for one in many:
            one.request("GET", "/together")
        threads = {one.getresponse().read() for one in many}
    assert len(threads) == THREADS
    with closing(server.connection()) as first:
        wait_until(lambda: len({server.answer(first) for _ in range(20)}) == 1, 30, "a thread that stays")


def test_a_connection_that_was_silent_for_longer_is_answered_and_so_is_one_that_comes_anew(
    server: Server,
) -> None:
    with closing(server.connection()) as one:
        server.answer(one)
        time.sleep(3 * STAYS_MS / 1000)  # the silence that is tried
        assert server.answer(one)
        assert server.answers()


def test_a_client_that_hangs_up_while_a_thread_stays_leaves_it_to_others(server: Server) -> None:
    for _ in range(10 * THREADS):
        assert server.answers()


def test_a_server_that_is_told_to_end_does_so_beside_open_connections(server: Server) -> None:
    with closing(server.connection()) as one:
        server.answer(one)
        server.process.terminate()
        assert server.process.wait(20) == 0
