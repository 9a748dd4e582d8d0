"""What lies in a kernel's queues, read in pieces of bounded size. Hold the publish lock meanwhile.

The worker takes from the right end; nobody else puts to the left one while the lock is held, so that places
counted from the left do not move under the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import redis

from tasks.broker import translated, undecoded

PIECE = 50
# In the message's properties; quotes within strings of it are escaped, so no cell's code can hold this.
ID = re.compile(rb'"correlation_id": ?"([A-Za-z0-9]{12}-[0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class Lying:
    """One message in a queue; ``execution_id`` None: nobody can read it."""

    execution_id: str | None
    message: bytes


def lying(client: redis.Redis, queue: str) -> Iterator[Lying]:
    """The messages of a queue, the newest first.

    Raises:
        Unavailable: Redis is away.
    """
    start = 0
    while True:
        with translated():
            piece = undecoded(client, "LRANGE", queue, start, start + PIECE - 1)
        for message in piece:
            found = ID.search(message)
            yield Lying(found[1].decode() if found else None, message)
        if len(piece) < PIECE:
            return
        start += PIECE
