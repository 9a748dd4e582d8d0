"""The slow look, every 10 s: what no row names, and rows that nothing else would mend."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from broker_config.wire.errors import EngineAbsent, HuskError, Unavailable
from broker_config.wire.states import KernelState
from tasks.closing import CLAIMED_BY_OLD_S, close_running
from tasks.kernels import broker
from tasks.kernels.life import Life, read
from tasks.kernels.settling import settle
from tasks.ledger import executions, kernels
from tasks.ledger.models import Execution, Kernel
from tasks.runtimes.base import KernelRuntime, Ref

EVERY_S = 10.0

log = logging.getLogger(__name__)


class Reconciler:
    """One per process; a look that is asked for during another is left out."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._looking = threading.Lock()

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """One look; what fails is logged and tried again by the next."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            for runtime in self._life.runtimes.values():
                _carefully(f"kernels of {runtime.name}", partial(self._look_through, runtime))
            _carefully("users", self._sweep_users)
            _carefully("stale cells", self._close_stale)
        finally:
            self._looking.release()

    def open_doors(self) -> None:
        """Make what containers stand on, so that the first start need not. What fails is tried again."""
        for runtime in self._life.runtimes.values():
            with contextlib.suppress(EngineAbsent):
                self._open_doors_of(runtime)

    def _open_doors_of(self, runtime: KernelRuntime) -> None:
        # Where nobody wants containers no network is made; a kernel that is one opens the doors itself.
        if self._life.services.settings.runtime == "process" or runtime.name == "process":
            return
        try:
            self._life.doors.check(runtime.gateways())
        except EngineAbsent:
            raise
        except (HuskError, OSError) as error:
            log.warning("kernels of the runtime %s cannot reach Redis yet: %s", runtime.name, error)

    def _look_through(self, runtime: KernelRuntime) -> None:
        try:
            self._open_doors_of(runtime)
            there = runtime.list()
        except EngineAbsent as error:
            # Not even a warning: many hosts have none. Kernels that need it are told of by the watcher.
            log.debug("%s", error)
            return
        for uid, ref in there.items():
            _carefully(f"kernel {uid}", partial(self._look_at, runtime, uid, ref))

    def _look_at(self, runtime: KernelRuntime, uid: str, ref: Ref) -> None:
        if read(self._life, uid) is not None:
            settle(self._life, uid)
            return
        with self._life.flights.hold(uid, 0.0) as mine:
            if mine and read(self._life, uid) is None:
                log.warning("kernel %s runs, but the ledger does not know it: it is ended", uid)
                runtime.kill(uid, ref)

    def _sweep_users(self) -> None:
        there = broker.users(self._life.services.redis)
        # Rows after users: a start writes its row first.
        with self._life.services.ledger.read() as s:
            needed = {row.uid for row in kernels.alive(s) if row.redis_password_sha256}
        for uid in there - needed:
            with self._life.flights.hold(uid, 0.0) as mine:
                # It may have been started since.
                if mine and not self._has_user(uid):
                    log.warning("the Redis user of kernel %s has no kernel: it is deleted", uid)
                    broker.delete_user(self._life.services.redis, uid)

    def _has_user(self, uid: str) -> bool:
        row = read(self._life, uid)
        return row is not None and row.state != KernelState.STOPPED and row.redis_password_sha256 is not None

    def _close_stale(self) -> None:
        """A net: the agent itself tells what became of cells of its earlier runners."""
        with self._life.services.ledger.read() as s:
            rows = [row for row in kernels.alive(s) if row.state == KernelState.READY and row.generation]
            stale = [row for row in rows if _has_stale(executions.running_of(s, row.uid), row)]
        for row in stale:
            reason = "the runner that this cell ran in is gone"
            close_running(self._life.services, row.uid, reason, older_than_generation=row.generation)


def _has_stale(running: list[Execution], row: Kernel) -> bool:
    # A living agent may upload for minutes before it says how a cell of a dead runner ended.
    if time.time() - row.state_since < CLAIMED_BY_OLD_S:
        return False
    old = [one for one in running if one.generation not in {None, row.generation}]
    return any(time.time() - (one.started_at or 0.0) > CLAIMED_BY_OLD_S for one in old)


def _carefully(what: str, step: Callable[[], None]) -> None:
    try:
        step()
    except HuskError as error:
        log.warning("reconciling %s: %s", what, error)
    except Exception:
        log.exception("reconciling %s", what)


def begin(life: Life) -> bool:
    """What a fresh lifecycle worker knows: kernels whose process is gone died unwatched. False: try again."""
    life.pause.end()
    try:
        with life.services.ledger.read() as s:
            life.unwatched.update(row.uid for row in kernels.alive(s))
    except Unavailable as error:
        log.warning("the kernels there are cannot be read yet: %s", error)
        return False
    return True
