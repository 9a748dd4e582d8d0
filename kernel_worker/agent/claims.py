"""The claim key: first come, first served between this kernel and whoever cancels."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from broker_config import keys
from kernel_worker.agent.broker import AWAY, Line

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0

log = logging.getLogger(__name__)


def take(
    line: Line,
    uid: str,
    execution_id: str,
    owner: str,
    meanwhile: Callable[[], object] | None = None,
    also: Sequence[tuple[str, ...]] = (),
) -> bool:
    """``SET NX`` the claim for ``owner`` (a generation); False when somebody else has it.

    Waits for a Redis that is away. A claim that already carries our generation is ours: the reply of an
    earlier try was lost (the journal has turned away what was claimed before). ``meanwhile`` is done once
    while the claim is on its way; ``also`` are commands that go with it.
    """
    wait_s, done = FIRST_WAIT_S, False
    command = ("SET", keys.claim(uid, execution_id), owner, "NX", "EX", keys.CLAIM_TTL_S, "GET")
    while True:
        try:
            line.send([command, *also])
            if meanwhile is not None and not done:
                meanwhile()
                done = True
            old = line.receive()[0]
        except AWAY as error:
            log.warning("claim of %s waits for Redis (%s)", execution_id, type(error).__name__)
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            continue
        return old is None or old == owner.encode()
