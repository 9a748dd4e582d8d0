"""`husk down`: every kernel's process ends, what should run runs again at the next `up`."""

from __future__ import annotations

import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor, wait

from broker_config.wire.errors import EngineAbsent, HuskError
from broker_config.wire.states import KernelState
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import stop
from tasks.ledger import kernels
from tasks.runtimes.base import KernelRuntime, Ref

BOUND_S = 15.0
WAIT_S = 3.0

log = logging.getLogger(__name__)


def stop_all(life: Life, bound_s: float = BOUND_S) -> int:
    """Stop all kernels side by side, in about ``bound_s`` at most; how many are left."""
    life.pause.begin()
    with life.services.ledger.read() as s:
        uids = {row.uid for row in kernels.alive(s)} | {uid for _runtime, uid, _ref in _living(life)}
    pool = ThreadPoolExecutor(max(1, min(len(uids), 32)))
    deadline = time.monotonic() + bound_s
    wait([pool.submit(_stop_one, life, uid) for uid in sorted(uids)], timeout=bound_s)
    pool.shutdown(wait=False, cancel_futures=True)
    for runtime, uid, ref in _living(life):
        log.warning("kernel %s did not stop within %g s: it is killed", uid, bound_s)
        runtime.kill(uid, ref)
    log.info("kernels are stopped, %.1f s before the bound", deadline - time.monotonic())
    left = len(_living(life))
    for runtime in life.runtimes.values():
        with contextlib.suppress(HuskError):
            runtime.tidy()
    return left


def _living(life: Life) -> list[tuple[KernelRuntime, str, Ref]]:
    found: list[tuple[KernelRuntime, str, Ref]] = []
    for runtime in life.runtimes.values():
        # Without an engine nothing can be ended; what is there when it is back is looked at then.
        with contextlib.suppress(EngineAbsent):
            found += [(runtime, uid, ref) for uid, ref in runtime.list().items()]
    return found


def _stop_one(life: Life, uid: str) -> None:
    with life.flights.hold(uid, WAIT_S):
        row = read(life, uid)
        if row is None:
            for runtime in life.runtimes.values():
                with contextlib.suppress(EngineAbsent):
                    runtime.kill(uid, {})
        elif row.state != KernelState.ERROR:
            try:
                # What the recorder has not read yet, it reads at the next `up`.
                stop(life, row, drain_s=0.0)
            except HuskError as error:
                log.warning("kernel %s: %s", uid, error)
