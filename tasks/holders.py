"""Holders of locks and leases in Redis: named so that this host sees their death; each releases its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

import redis

from broker_config.wire.names import new_token
from tasks.runtimes import proc
from tasks.runtimes.process_family import living

# KEYS: any. ARGV: the holder whose they may be.
RELEASE = """
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""
# ARGV[2]: milliseconds.
RENEW = """
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('PEXPIRE', key, ARGV[2]) end
end
"""


def new_holder() -> str:
    """A name that nobody else has, of this process."""
    found = proc.stat(os.getpid())
    start = found.start_time if found else 0
    return f"{socket.gethostname()} {proc.boot_id()} {os.getpid()} {start} {new_token(8)}"


def is_dead(holder: str) -> bool:
    """Whether the process of that name ran on this host and is gone; False where that is not known."""
    words = holder.split()
    if len(words) != 5 or words[0] != socket.gethostname() or not (words[2] + words[3]).isdigit():
        return False
    return not living(int(words[2]), int(words[3]), words[1])


def release(client: redis.Redis, names: Sequence[str], holder: str) -> None:
    """Delete those of these keys that this holder has. Redis's errors pass."""
    client.register_script(RELEASE)(keys=list(names), args=[holder])


def renew(client: redis.Redis, names: Sequence[str], holder: str, ms: int) -> None:
    """Keep those of these keys that this holder has for so long from now. Redis's errors pass."""
    client.register_script(RENEW)(keys=list(names), args=[holder, ms])
