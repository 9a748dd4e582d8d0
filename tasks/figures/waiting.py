"""How long the control plane's queues are, and since when the next of their messages waits."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import redis
from celery import signals

from broker_config.queues import FLOWS, HOUSEKEEPING, LIFECYCLE
from tasks.broker import translated, undecoded

CONTROL = (LIFECYCLE, FLOWS, HOUSEKEEPING)
SENT_AT = "husk_sent_at"
UNACKED = "unacked"
"""Kombu's hash of what workers have taken and not acknowledged yet, of all of these queues together."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue. ``oldest_at``: unix seconds when what comes next was sent; None: nothing waits, or unknown."""

    queue: str
    length: int
    oldest_at: float | None


def stamp_messages() -> None:
    """Let messages to the control plane say when they were sent. Called by each process that sends."""
    signals.before_task_publish.connect(_stamp, dispatch_uid=SENT_AT, weak=False)


def control_queues(client: redis.Redis) -> tuple[list[Waiting], int]:
    """Each of the control plane's queues, and how many of their messages workers have in hand.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        pipe: Any = client.pipeline(transaction=False)
        for queue in CONTROL:
            pipe.llen(queue)
            undecoded(pipe, "LINDEX", queue, -1)
        pipe.hlen(UNACKED)
        *told, taken = pipe.execute()
    pairs = zip(CONTROL, told[0::2], told[1::2], strict=True)
    return [Waiting(queue, int(length), _sent_at(message)) for queue, length, message in pairs], int(taken)


def _stamp(headers: dict[str, Any] | None = None, routing_key: str | None = None, **_: Any) -> None:
    if headers is not None and routing_key in CONTROL:
        headers[SENT_AT] = time.time()


def _sent_at(message: bytes | None) -> float | None:
    try:
        at = json.loads(message or b"{}")["headers"][SENT_AT]
        return float(at)
    except (ValueError, KeyError, TypeError):
        return None
