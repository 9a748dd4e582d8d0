"""``python -m benchmarks.streams``: many open event streams, kernels in use, and how ordinary requests fare.

Prints p50 and p99 of requests before and while the streams are open, how long events took to reach the last
of all streams, and how much the web server grew. Everything runs on one machine, the readers of the streams
too, so the figures are upper bounds.
"""

from __future__ import annotations

import argparse
import selectors
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks.api import EventStream
from benchmarks.numbers import percentile
from benchmarks.subject import Stack, Subject
from broker_config.settings import Settings
from tasks.ledger import tokens, users
from tasks.ledger.session import Ledger

MS = 1e3
MB = 1e6
OF_ONE_USER = 30
PAUSE_S = 0.02
CELL_PAUSE_S = 0.1
HEAD = (
    "| streams | requests | p50 | p99 | cell p50 | cell p95 | core of web |\n|---|---|---|---|---|---|---|\n"
)
READ_BYTES = 262_144
PATHS = ("/kernels", "/executions?limit=50", "/me", "/kernels/streams-0")


class Readers:
    """Open streams, all read by one thread: ``heard`` counts the bytes."""

    def __init__(self, stack: Stack, plain: list[str], topics: list[str]) -> None:
        url = urlsplit(stack.url)
        self._streams = [
            EventStream(
                (str(url.hostname), int(url.port or 80)), token, f"/events?topics={topics[n % len(topics)]}"
            )
            for n, token in enumerate(plain)
        ]
        self.heard = 0
        self.ended = 0
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        self._over = True
        self._thread.join()
        for stream in self._streams:
            stream.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for stream in self._streams:
                selector.register(stream.socket, selectors.EVENT_READ)
            while not self._over:
                for key, _ in selector.select(0.2):
                    data = key.fileobj.recv(READ_BYTES)  # type: ignore[union-attr]
                    self.heard += len(data)
                    if not data:
                        self.ended += 1
                        selector.unregister(key.fileobj)


def people(stack: Stack, count: int) -> list[str]:
    """A token for each of ``count`` streams, of as many admins as it takes: an admin sees every kernel."""
    ledger = Ledger(Settings(data_dir=stack.data_dir).sqlalchemy_url)
    now, found = time.time(), []
    with ledger.write() as session:
        for number in range(0, count, OF_ONE_USER):
            user = users.create(session, f"watcher-{number}", "admin", now)
            for _ in range(min(OF_ONE_USER, count - number)):
                found.append(tokens.create(session, user.id, "bench", "read", now)[1])
    ledger.dispose()
    return found


@contextmanager
def in_use(subjects: list[Subject]) -> Iterator[list[float]]:
    """Each kernel runs a short cell ten times a second; the seconds that each cell took."""
    over, took = threading.Event(), list[float]()

    def use(subject: Subject) -> None:
        while not over.wait(CELL_PAUSE_S):
            took.append(subject.run("print('x' * 200)"))

    threads = [threading.Thread(target=use, args=(one,)) for one in subjects]
    for thread in threads:
        thread.start()
    try:
        yield took
    finally:
        over.set()
        for thread in threads:
            thread.join()


def requests(stack: Stack, seconds: float) -> list[float]:
    """Milliseconds of ordinary requests, one after another with a pause."""
    api, times, until = stack.api(), [], time.monotonic() + seconds
    while time.monotonic() < until:
        for path in PATHS:
            began = time.perf_counter()
            api.call("GET", path)
            times.append((time.perf_counter() - began) * MS)
            time.sleep(PAUSE_S)
    return times


def measured(stack: Stack, subjects: list[Subject], seconds: float) -> tuple[list[float], list[float], float]:
    """Requests, cells, and the share of a core that the web server used."""
    with in_use(subjects) as cells:
        before, began = _web_cpu_s(stack), time.monotonic()
        times = requests(stack, seconds)
        used = (_web_cpu_s(stack) - before) / (time.monotonic() - began)
    return times, [one * MS for one in cells], used


def _web_cpu_s(stack: Stack) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in stack.web_processes())


def report(say: Callable[[str], object], name: str, found: tuple[list[float], list[float], float]) -> None:
    """One line."""
    times, cells, used = found
    say(
        f"| {name} | {len(times)} | {percentile(times, 0.5):.1f} ms | {percentile(times, 0.99):.1f} ms |"
        f" {percentile(cells, 0.5):.1f} ms | {percentile(cells, 0.95):.1f} ms | {used:.0%} |\n"
    )


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--streams", type=int, default=300)
    options.add_argument("--kernels", type=int, default=2)
    options.add_argument("--seconds", type=float, default=15.0)
    args = options.parse_args()
    say, stack = sys.stdout.write, Stack()
    try:
        subjects = [Subject(stack, f"streams-{number}") for number in range(args.kernels)]
        topics = [f"kernels,kernel:{one.kernel['uid']}" for one in subjects]
        measured(stack, subjects, 2.0)
        say(HEAD)
        report(say, f"{len(subjects)}", measured(stack, subjects, args.seconds))
        before = stack.web_memory_bytes()
        readers = Readers(stack, people(stack, args.streams), topics)
        try:
            report(say, f"{args.streams + len(subjects)}", measured(stack, subjects, args.seconds))
            grown = stack.web_memory_bytes() - before
            heard = f"streams heard {readers.heard / MB:.1f} MB; {readers.ended} ended"
            say(f"\nweb grew by {grown / MB:.1f} MB; {heard}\n")
        finally:
            readers.close()
    finally:
        stack.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
