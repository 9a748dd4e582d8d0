"""Dead letters: messages that lay in a queue and that nobody could read.

There is nothing to try again in them: what the ledger has waiting was put back without them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from tasks.broker import translated, undecoded

LONGEST = 65_536
SHOWN_CHARS = 2_000
REASON = "no execution's id is in it: it was not written by Husk, or it was cut off"


@dataclass(frozen=True, slots=True)
class Letter:
    """One of them. ``at``: unix seconds when it was taken out, None where that was not noted."""

    id: str
    at: float | None
    queue: str | None
    reason: str
    size: int
    text: str
    """Its beginning; what is no text is escaped."""


def written(queue: str, message: bytes, at: float | None = None) -> bytes:
    """A message as it is put among the dead letters."""
    head = {"at": time.time() if at is None else at, "queue": queue, "reason": REASON, "size": len(message)}
    return json.dumps(head).encode() + b"\n" + message[:LONGEST]


def letters(client: redis.Redis, start: int, count: int) -> tuple[list[Letter], int]:
    """``count`` of them from the place ``start``, the newest first; and how many there are.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        number = int(_whole(client.llen(keys.DEAD_LETTERS)))
        raw = undecoded(client, "LRANGE", keys.DEAD_LETTERS, start, start + count - 1)
    return [_read(one) for one in raw], number


def discard(client: redis.Redis, letter_id: str) -> Letter | None:
    """Take one of them away for good; None: there is none of this id.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        for raw in undecoded(client, "LRANGE", keys.DEAD_LETTERS, 0, keys.DEAD_LETTERS_MAX - 1):
            if _id(raw) == letter_id:
                client.lrem(keys.DEAD_LETTERS, 0, raw)
                return _read(raw)
    return None


def discard_all(client: redis.Redis) -> int:
    """Take all of them away for good; how many there were.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        pipe: Any = client.pipeline()
        pipe.llen(keys.DEAD_LETTERS)
        pipe.delete(keys.DEAD_LETTERS)
        answers: Sequence[Any] = pipe.execute()
    return int(answers[0])


def _read(raw: bytes) -> Letter:
    head, _, message = raw.partition(b"\n")
    about = _head(head)
    if about is None:
        about, message = {}, raw  # of an earlier release: the message alone
    return Letter(
        id=_id(raw),
        at=about.get("at"),
        queue=about.get("queue"),
        reason=about.get("reason", REASON),
        size=about.get("size", len(message)),
        text=message.decode(errors="backslashreplace")[:SHOWN_CHARS],
    )


def _head(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.keys() == {"at", "queue", "reason", "size"} else None


def _id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]


def _whole(number: Any) -> int:
    return int(number)
