"""Who of several recorders (or desks) serves a kernel: a lease per kernel, renewed while it is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import redis

from broker_config import keys
from tasks.broker import AWAY
from tasks.holders import is_dead, new_holder, release

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


class Leases:
    """The leases of one process. ``key`` makes a lease's key of a kernel's uid. Redis's errors pass."""

    def __init__(self, client: redis.Redis, key: Callable[[str], str]) -> None:
        self._client = client
        self._key = key
        self._token = new_holder()

    def hold(self, uids: Sequence[str]) -> set[str]:
        """Take or renew the leases of these kernels; those that are ours now."""
        if not uids:
            return set()
        names = [self._key(uid) for uid in uids]
        answers = self._client.register_script(HOLD)(keys=names, args=[self._token, keys.RECORDER_LEASE_MS])
        holders = [answer.decode("utf-8", "replace") for answer in answers]
        for holder in set(holders) - {self._token}:
            if is_dead(holder):
                # Killed here: its leases need not run out. They are ours at the next call.
                release(self._client, names, holder)
        return {uid for uid, holder in zip(uids, holders, strict=True) if holder == self._token}

    def release(self, uids: Sequence[str]) -> None:
        """Give these up, so that nobody has to wait for their end."""
        if uids:
            with suppress(*AWAY):
                release(self._client, [self._key(uid) for uid in uids], self._token)
