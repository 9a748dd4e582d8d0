"""Samples of what charts show and nothing else remembers: memory of kernels, lengths of queues."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from typing import Any

import redis

from broker_config import keys
from tasks.broker import translated
from tasks.figures.heartbeats import newest_pulses
from tasks.figures.waiting import control_queues
from tasks.ledger import figures
from tasks.services import Services

EVERY_S = 10.0
MOST_KERNELS = 50
MOST_SHOWN = keys.FIGURES_MAX_ENTRIES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. Memory in bytes, of kernels whose heartbeat is fresh; ``kernels``: those that use most."""

    at: float
    used: int
    limit: int
    waiting: int
    running: int
    control: int
    kernels: dict[str, int]


class Sampler:
    """Called with every tick of housekeeping; takes a sample every ``EVERY_S``."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._due = 0.0

    def sample_if_due(self) -> None:
        """Take a sample, if it is time. Raises ``Unavailable``."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_S
            keep(self._services.redis, take(self._services))


def take(services: Services) -> Sample:
    """What there is now.

    Raises:
        Unavailable: Redis or the database is away.
    """
    with services.ledger.read() as session:
        uids, opened = figures.alive_uids(session), figures.opened(session)
    pulses = newest_pulses(services.redis, uids)
    queues, _ = control_queues(services.redis)
    most = sorted(pulses, key=lambda uid: pulses[uid].memory_bytes, reverse=True)[:MOST_KERNELS]
    return Sample(
        at=round(time.time(), 1),
        used=sum(pulse.memory_bytes for pulse in pulses.values()),
        limit=sum(pulse.memory_limit_bytes for pulse in pulses.values()),
        waiting=opened.waiting,
        running=opened.running,
        control=sum(queue.length for queue in queues),
        kernels={uid: pulses[uid].memory_bytes for uid in most},
    )


def keep(client: redis.Redis, sample: Sample) -> None:
    """Put it behind the others. Raises ``Unavailable``."""
    text: Any = {"e": json.dumps(asdict(sample))}
    with translated():
        client.xadd(keys.FIGURES, text, maxlen=keys.FIGURES_MAX_ENTRIES, approximate=True)


def samples(client: redis.Redis, count: int = MOST_SHOWN) -> list[Sample]:
    """The newest, in order. Raises ``Unavailable``."""
    with translated():
        entries: Any = client.xrevrange(keys.FIGURES, count=min(count, MOST_SHOWN))
    found = [one for _, fields in entries if (one := _read(fields)) is not None]
    return found[::-1]


def _read(fields: dict[str, str]) -> Sample | None:
    try:
        return Sample(**json.loads(fields["e"]))
    except (ValueError, KeyError, TypeError):
        log.warning("a sample of figures cannot be read; it is left out")
        return None
