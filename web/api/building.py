"""What building an environment says, for people: written by lifecycle, and by whatever it installs."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.states import KernelState
from tasks.ledger.models import Kernel

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST = 500
FAILED, CANCELLED = "failed: ", "cancelled: "
"""How a log ends that does not end with an environment."""

log = logging.getLogger(__name__)


def of_kernel(client: redis.Redis, kernel: Kernel) -> dict[str, Any]:
    """State and log as plain data. Redis's errors pass."""
    digest = kernel.lock_digest
    if digest is None:
        return {"state": "none", "lines": [], "digest": None}
    pipe = client.pipeline(transaction=False)
    pipe.lrange(keys.environment_log(digest), 0, -1)
    pipe.exists(keys.environment_lock(kernel.runtime, digest))
    told, taken = pipe.execute()
    lines = [clean(line) for line in told]
    building = bool(taken) or kernel.state == KernelState.BUILDING
    return {"state": "building" if building else _rests(kernel, lines), "lines": lines, "digest": digest}


def _rests(kernel: Kernel, lines: list[str]) -> str:
    last = lines[-1] if lines else ""
    if last.startswith(FAILED):
        return "failed"
    # Its log goes after a while; the environment stays for as long as a kernel has its lock.
    ran = (kernel.ready_since or 0.0) >= (kernel.locked_at or 0.0)
    return "built" if ran or (lines and not last.startswith(CANCELLED)) else "waiting"


def newest_lines(client: redis.Redis, rows: Sequence[Kernel]) -> dict[str, str]:
    """uid → the newest line, of those kernels that wait for their environment now."""
    waiting = [row for row in rows if row.state == KernelState.BUILDING and row.lock_digest]
    if not waiting:
        return {}
    pipe = client.pipeline(transaction=False)
    for row in waiting:
        pipe.lindex(keys.environment_log(str(row.lock_digest)), -1)
    try:
        told = zip(waiting, pipe.execute(), strict=True)
    except redis.RedisError as error:
        log.warning("kernels are shown without their building: Redis is away (%s)", type(error).__name__)
        return {}
    return {row.uid: clean(line) for row, line in told if line is not None}


def clean(line: Any) -> str:
    """One line without anything that a terminal or a page would take for more than text."""
    text = line.decode(errors="replace") if isinstance(line, bytes) else str(line)
    return CONTROLS.sub("", text)[:LONGEST]
