"""Who of several recorders (or desks) serves a kernel: a lease per kernel, renewed while it is served."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil
import redis

from broker_config import keys
from broker_config.wire.names import new_token
from tasks.broker_faults import AWAY

# KEYS: leases. ARGV: token, ms. Per lease: 1 it is ours now, else its holder.
HOLD = """
local answers = {}
for i, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or holder == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    answers[i] = ARGV[1]
  else answers[i] = holder end
end
return answers
"""
# KEYS: leases. ARGV: the holder whose they are.
DROP = """
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""


class Leases:
    """The leases of one process. ``key`` makes a lease's key of a kernel's uid. Redis's errors pass."""

    def __init__(self, client: redis.Redis, key: Callable[[str], str]) -> None:
        self._client = client
        self._key = key
        own = psutil.Process()
        self._token = f"{socket.gethostname()}|{own.pid}|{own.create_time():.2f}|{new_token(6)}"

    def hold(self, uids: Sequence[str]) -> set[str]:
        """Take or renew the leases of these kernels; those that are ours now."""
        if not uids:
            return set()
        names = [self._key(uid) for uid in uids]
        answers = self._client.register_script(HOLD)(keys=names, args=[self._token, keys.RECORDER_LEASE_MS])
        holders = [answer.decode("utf-8", "replace") for answer in answers]
        for holder in set(holders) - {self._token}:
            if _is_dead(holder):
                # Killed here: its leases need not run out. They are ours at the next call.
                self._client.register_script(DROP)(keys=names, args=[holder])
        return {uid for uid, holder in zip(uids, holders, strict=True) if holder == self._token}

    def release(self, uids: Sequence[str]) -> None:
        """Give these up, so that nobody has to wait for their end."""
        if uids:
            with suppress(*AWAY):
                names = [self._key(uid) for uid in uids]
                self._client.register_script(DROP)(keys=names, args=[self._token])


def _is_dead(holder: str) -> bool:
    """Whether a holder was a process of this host that is no more."""
    parts = holder.split("|")
    if len(parts) != 4 or parts[0] != socket.gethostname():
        return False
    try:
        pid, created = int(parts[1]), float(parts[2])
    except ValueError:
        return False
    if pid == os.getpid():
        return False
    try:
        return abs(psutil.Process(pid).create_time() - created) > 1.0
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
