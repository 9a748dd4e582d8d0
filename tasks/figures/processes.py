"""Heartbeats of the control plane's processes, in one hash of Redis.

A process that is gone stays in it, silent, until one of its kind begins in its place: that is what a page of
the system is looked at for. A heartbeat says that the process is there. That its queue moves is told by
``ticked``, which is written by a task that came through it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import redis

from broker_config import keys
from tasks.broker import AWAY, translated
from tasks.holders import is_dead, new_holder

EVERY_S = 3.0
SILENT_S = 15.0
"""Who has said nothing for so long counts as gone."""
FORGOTTEN_S = 3_600.0
MOST = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """One process. Times in unix seconds."""

    role: str
    host: str
    pid: int
    started_at: float
    at: float

    @property
    def alive(self) -> bool:
        """Whether it was heard of lately."""
        return time.time() - self.at <= SILENT_S


def announce(client: redis.Redis, role: str, stopped: threading.Event) -> threading.Thread:
    """Begin to tell that this process is there, until ``stopped``, in a thread. Called at its start."""
    field, started = f"{role} {new_holder()}", time.time()
    thread = threading.Thread(
        target=_run, args=(client, field, role, started, stopped), name="announce", daemon=True
    )
    thread.start()
    return thread


def processes(client: redis.Redis) -> list[Process]:
    """Those that were heard of within ``FORGOTTEN_S``, by role; at most ``MOST``.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        told: Any = client.hgetall(keys.PROCESSES)
    found = [one for text in list(told.values())[:MOST] if (one := _read(text)) is not None]
    fresh = [one for one in found if time.time() - one.at <= FORGOTTEN_S]
    return sorted(fresh, key=lambda one: (one.role, -one.started_at))


def ticked(client: redis.Redis, queue: str) -> None:
    """A task of beat's came through this queue just now. Never raises."""
    try:
        client.hset(keys.TICKS, queue, str(time.time()))
    except AWAY as error:
        log.debug("a tick was not told: %s", type(error).__name__)


def ticks(client: redis.Redis) -> dict[str, float]:
    """Queue → unix seconds of its last tick.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        told: Any = client.hgetall(keys.TICKS)
    return {str(queue): float(at) for queue, at in told.items()}


def _run(client: redis.Redis, field: str, role: str, started: float, stopped: threading.Event) -> None:
    begun = False
    while True:
        try:
            if not begun:
                _take_place(client, role)
                begun = True
            now = Process(role, socket.gethostname(), os.getpid(), started, time.time())
            client.hset(keys.PROCESSES, field, json.dumps(asdict(now)))
        except AWAY as error:
            log.debug("this process was not announced: %s", type(error).__name__)
        if stopped.wait(EVERY_S):
            return


def _take_place(client: redis.Redis, role: str) -> None:
    """Forget those of this role whose process is gone from this host, and whom nobody heard of for long."""
    told: Any = client.hgetall(keys.PROCESSES)
    for field, text in told.items():
        one, (of, _, holder) = _read(text), str(field).partition(" ")
        if one is None or time.time() - one.at > FORGOTTEN_S or (of == role and is_dead(holder)):
            client.hdel(keys.PROCESSES, field)


def _read(text: str) -> Process | None:
    try:
        return Process(**json.loads(text))
    except (ValueError, TypeError):
        return None
