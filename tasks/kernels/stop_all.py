"""`husk down`: every kernel's process ends, what should run runs again at the next `up`."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor, wait

from broker_config.wire.errors import HuskError
from broker_config.wire.states import KernelState
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import stop
from tasks.ledger import kernels

BOUND_S = 15.0
WAIT_S = 3.0

log = logging.getLogger(__name__)


def stop_all(life: Life, bound_s: float = BOUND_S) -> int:
    """Stop all kernels side by side, in about ``bound_s`` at most; how many processes are left."""
    life.pause.begin()
    with life.services.ledger.read() as s:
        uids = {row.uid for row in kernels.alive(s)} | set(life.runtime.list())
    pool = ThreadPoolExecutor(max(1, min(len(uids), 32)))
    deadline = time.monotonic() + bound_s
    wait([pool.submit(_stop_one, life, uid) for uid in sorted(uids)], timeout=bound_s)
    pool.shutdown(wait=False, cancel_futures=True)
    for uid, ref in life.runtime.list().items():
        log.warning("kernel %s did not stop within %g s: it is killed", uid, bound_s)
        life.runtime.kill(uid, ref)
    log.info("kernels are stopped, %.1f s before the bound", deadline - time.monotonic())
    return len(life.runtime.list())


def _stop_one(life: Life, uid: str) -> None:
    with life.flights.hold(uid, WAIT_S):
        row = read(life, uid)
        if row is None:
            life.runtime.kill(uid, {})
        elif row.state != KernelState.ERROR:
            try:
                # What the recorder has not read yet, it reads at the next `up`.
                stop(life, row, drain_s=0.0)
            except HuskError as error:
                log.warning("kernel %s: %s", uid, error)
