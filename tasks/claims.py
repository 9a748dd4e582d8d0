"""Claims as the control plane sees them: who has an execution, and taking one to cancel it."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from broker_config import keys
from tasks.broker import translated, undecoded

CANCELLED = "cancelled"
"""Owner of a claim that was taken to cancel."""

# KEYS: epoch, claim. ARGV: the epoch, the owner, the TTL in seconds.
TAKE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'epoch' end
local old = redis.call('GET', KEYS[2])
if old and old ~= ARGV[2] then return 'taken' end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 'ours'
"""


def owners(client: redis.Redis, uid: str, ids: Sequence[str]) -> dict[str, str | None]:
    """Owner of each claim: a generation, ``CANCELLED``, or None.

    Raises:
        Unavailable: Redis is away.
    """
    if not ids:
        return {}
    with translated():
        values = undecoded(client, "MGET", *(keys.claim(uid, one) for one in ids))
    return {one: _text(value) for one, value in zip(ids, values, strict=True)}


def take_to_cancel(client: redis.Redis, uid: str, execution_id: str, epoch: str) -> bool | None:
    """Take the claim so that nobody runs the execution; False when a kernel has it.

    None: Redis lost data and is not in order yet, so that who has it is not known.

    Raises:
        Unavailable: Redis is away.
    """
    script = client.register_script(TAKE)
    with translated():
        claim = keys.claim(uid, execution_id)
        answer = script(keys=[keys.EPOCH, claim], args=[epoch, CANCELLED, keys.CLAIM_TTL_S])
    return None if answer == "epoch" else bool(answer == "ours")


def age_s(client: redis.Redis, uid: str, execution_id: str) -> float:
    """How long ago the claim was taken; 0 when there is none.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        left = int(client.pttl(keys.claim(uid, execution_id)))
    return keys.CLAIM_TTL_S - left / 1000 if left >= 0 else 0.0


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
