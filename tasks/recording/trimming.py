"""Trims kernels' events below what the recorder has acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis

from broker_config import keys

EVERY_S = 1.0


class Trimmer:
    """Trims kernels that had events, once a second at most. Redis's errors pass through."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._due: set[str] = set()
        self._at = 0.0

    def trim(self, uids: Iterable[str], now: float) -> None:
        """Trim these and those before, if it is time; ``now`` is monotonic."""
        self._due |= set(uids)
        if now < self._at:
            return
        self._at = now + EVERY_S
        due, self._due = sorted(self._due), set()
        pipe = self._client.pipeline(transaction=False)
        for uid in due:
            pipe.xinfo_groups(keys.events(uid))
            pipe.xpending(keys.events(uid), keys.RECORDER_GROUP)
        # A group that is not there yet is an error of its own command, not of the others.
        answers = pipe.execute(raise_on_error=False)
        pipe = self._client.pipeline(transaction=False)
        for at, uid in enumerate(due):
            place = lowest_kept(answers[2 * at], answers[2 * at + 1])
            if place is not None:
                pipe.xtrim(keys.events(uid), minid=place, approximate=False)
        pipe.execute()


def lowest_kept(groups: Any, pending: Any) -> str | None:
    """The oldest id that is still needed; None: the group is missing, nothing may be trimmed."""
    if isinstance(groups, Exception) or isinstance(pending, Exception):
        return None
    # The last delivered one stays: it costs nothing, and there is no need to count ids up.
    delivered = [
        _text(group["last-delivered-id"]) for group in groups if _text(group["name"]) == keys.RECORDER_GROUP
    ]
    oldest = [_text(pending["min"])] if pending["pending"] else []
    return next(iter([*oldest, *delivered]), None) if delivered else None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
