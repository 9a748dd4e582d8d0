"""A few threads that do jobs. They come with the first job, go when there is none, and hold up no exit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

from kernel_worker.agent.guard import once

T = TypeVar("T")
Job: TypeAlias = "tuple[Future[Any], Callable[[], Any]]"

IDLE_S = 10.0


class Crew:
    """At most ``size`` threads; jobs begin in the order in which they came. Safe in threads."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._waiting = 0

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Have it done."""
        future: Future[T] = Future()
        with self._lock:
            self._jobs.put((future, job))
            self._waiting += 1
            if self._threads < min(self._size, self._waiting):
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            try:
                future, job = self._jobs.get(timeout=IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._waiting < self._threads:
                        self._threads -= 1
                        return
                continue
            once(self._name, lambda: _do(future, job))  # noqa: B023 (called at once)
            with self._lock:
                self._waiting -= 1
            del future, job  # an idle thread keeps no part of a file


def _do(future: Future[Any], job: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job())
    except BaseException as error:
        future.set_exception(error)
