"""What one kernel holds of Redis, which knows no quota of a user: bytes, and connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys, queues
from tasks.broker import translated, undecoded
from tasks.kernels.broker import BINDINGS, USERS

MOST_BYTES = 256 * 1024 * 1024
SHARE = 4
"""Where Redis has a maximum, no kernel may hold more than so many parts of it."""
MOST_CONNECTIONS = 100
KEY_BYTES = 100
"""What a key costs besides its name and value."""
PIECE = 1_000
REPLIES = ".reply.celery.pidbox"
PIDBOX = "_kombu.binding.celery.pidbox"
PIDBOX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """Redis as a whole. ``most``: bytes that one kernel may hold."""

    used: int
    most: int


def standing(client: redis.Redis) -> Standing:
    """Raises ``Unavailable``."""
    with translated():
        memory: dict[str, Any] = client.info("memory")
    whole = int(memory.get("maxmemory") or 0)
    return Standing(int(memory["used_memory"]), min(MOST_BYTES, whole // SHARE) if whole else MOST_BYTES)


def queue_keys(uid: str) -> tuple[str, ...]:
    """A kernel's two queues."""
    return queues.kernel_queue(uid), queues.batch_queue(uid)


def fixed_bytes(client: redis.Redis, uids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By kernel: bytes of its queues, and of its other fixed keys. Raises ``Unavailable``."""
    pipe: Any = client.pipeline(transaction=False)
    names = [(uid, name, name in queue_keys(uid)) for uid in uids for name in fixed_keys(uid)]
    for _, name, _ in names:
        pipe.memory_usage(name)
    found = {uid: [0, 0] for uid in uids}
    with translated():
        answers = pipe.execute() if names else []
    for (uid, _, queue), size in zip(names, answers, strict=True):
        found[uid][0 if queue else 1] += int(size or 0)
    return {uid: (queued, other) for uid, (queued, other) in found.items()}


def fixed_keys(uid: str) -> tuple[str, ...]:
    """All keys of a kernel that are known by name: queues, streams, and what kombu keeps of the queues."""
    bindings = tuple(f"{prefix}{name}" for prefix in BINDINGS for name in queue_keys(uid))
    return (*queue_keys(uid), *keys.all_of(uid), *bindings)


def loose(client: redis.Redis) -> tuple[dict[str, int], list[bytes]]:
    """Bytes by kernel of claims and of binding keys that nobody named; and lists of replies, which any
    kernel may write and nobody needs. Reads every key's name: for when Redis has grown.

    Raises:
        Unavailable: Redis is away.
    """
    sizes: Counter[str] = Counter()
    replies: list[bytes] = []
    for piece in _names(client):
        replies += [name for name in piece if name.endswith(REPLIES.encode())]
        owned = [(uid, name) for name in piece if (uid := _owner(name)) is not None]
        pipe: Any = client.pipeline(transaction=False)
        for _, name in owned:
            pipe.memory_usage(name)
        with translated():
            answers = pipe.execute() if owned else []
        for (uid, _), size in zip(owned, answers, strict=True):
            sizes[uid] += int(size or 0)
    return dict(sizes), replies


def _names(client: redis.Redis) -> Iterator[list[bytes]]:
    place: Any = 0
    while True:
        with translated():
            place, piece = undecoded(client, "SCAN", place, "COUNT", PIECE)
        yield list(piece)
        if int(place) == 0:
            return


def _owner(name: bytes) -> str | None:
    """The kernel of a claim, or of a key about a queue that is not one of its two."""
    text = name.decode("utf-8", "replace")
    if text.startswith("kernel:") and ":claim:" in text:
        return text.split(":", 2)[1]
    for prefix in BINDINGS:
        uid = text.removeprefix(f"{prefix}kernel.").partition(".")[0][:12]
        if text.startswith(f"{prefix}kernel.") and text not in fixed_keys(uid):
            return uid
    return None


def clients(client: redis.Redis) -> list[dict[str, str]]:
    """Who is connected, by the fields of ``CLIENT LIST``. Raises ``Unavailable``."""
    with translated():
        listed: list[dict[str, str]] = client.client_list()
    return listed


def connections(listed: Iterable[dict[str, str]]) -> Counter[str]:
    """Connections by kernel."""
    users = (one.get("user", "") for one in listed)
    return Counter(user.removeprefix(USERS) for user in users if user.startswith(USERS))
