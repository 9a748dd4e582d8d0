"""Builds of environments, in threads of the lifecycle worker: one at a time for a lock and a runtime, over
all workers. What has to be known after a death stands in kernels' rows and with the runtime, not here."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broker_config.wire.errors import EnvironmentFailed, HuskError, KernelStartFailed, NotAvailable
from broker_config.wire.states import DesiredState, KernelState
from tasks.environments.build_log import BuildLog, cleaned
from tasks.environments.flight import RENEW_S, EnvironmentFlight
from tasks.environments.locks import Lock
from tasks.environments.progress import Progress
from tasks.failpoints import reach
from tasks.ledger import environments, kernels
from tasks.ledger.models import Kernel
from tasks.runtimes.base import KernelRuntime
from tasks.runtimes.choice import for_kernel
from tasks.services import Services

MOST_AT_ONCE = 2
LOOK_S = 0.5
RETRY_S = 3.0

log = logging.getLogger(__name__)
Key = tuple[str, str]
"""Runtime and digest."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why it could not be built, and when that was known."""

    error: KernelStartFailed
    at: float


@dataclass(slots=True)
class Run:
    """A build. ``then``: what to do for each kernel when it is over; ``waiting``: who waited at the last
    look."""

    runtime: KernelRuntime
    digest: str
    log: BuildLog
    flight: EnvironmentFlight
    then: dict[str, Callable[[], object]] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    begun: bool = False

    def build(self, lock: Lock) -> None:
        """Build it unless it is there: another worker may have built it, and what that said stays."""
        if self.runtime.environments.has(self.digest):
            return
        if not self.begun:
            self.begun = True
            self.log.begin()
            reach("build.begun")
            log.info("the environment %s is being built, as %s", self.digest[:12], self.runtime.name)
        self.runtime.environments.build(lock, self.say, self.cancelled)

    def say(self, line: str) -> None:
        """A line of progress."""
        self.log.add(line, self.waiting)


class Builds:
    """One per process; safe for threads. Making it starts nothing."""

    def __init__(self, services: Services, runtimes: Mapping[str, KernelRuntime]) -> None:
        self._services = services
        self._runtimes = runtimes
        self._mutex = threading.Lock()
        self._running: dict[Key, Run] = {}
        self._failures: dict[Key, Failure] = {}
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def progress(self, row: Kernel) -> Progress:
        """Of the environment that a kernel needs. Raises ``Unavailable``."""
        if row.lock_digest is None:
            return Progress.THERE
        key = (row.runtime, row.lock_digest)
        with self._mutex:
            if key in self._running:
                return Progress.RUNNING
        if for_kernel(self._runtimes, row.runtime).environments.has(row.lock_digest):
            return Progress.THERE
        if self.failure(row) is not None:
            return Progress.FAILED
        taken = EnvironmentFlight(self._services.redis, *key).taken()
        return Progress.RUNNING if taken else Progress.MISSING

    def failure(self, row: Kernel) -> KernelStartFailed | None:
        """Why a kernel's environment could not be built since it is in its state."""
        failed = self._failures.get((row.runtime, row.lock_digest or ""))
        return failed.error if failed is not None and failed.at >= row.state_since else None

    def begin(self, row: Kernel, then: Callable[[], object]) -> None:
        """See that it is built, for a kernel that is ``building``; ``then`` is called when that is over."""
        if row.lock_digest is None:
            return
        key = (row.runtime, row.lock_digest)
        with self._mutex:
            run = self._running.get(key)
            if run is None:
                run = self._running[key] = Run(
                    for_kernel(self._runtimes, row.runtime),
                    row.lock_digest,
                    BuildLog(self._services.redis, row.lock_digest),
                    EnvironmentFlight(self._services.redis, *key),
                    waiting=(row.uid,),
                )
                threading.Thread(target=self._work, args=[key, run], name="build", daemon=True).start()
            run.then[row.uid] = then

    def let_go(self) -> None:
        """For a process that ends: its locks need not be waited for. What it builds is cut off."""
        for run in list(self._running.values()):
            run.flight.let_go()

    def _work(self, key: Key, run: Run) -> None:
        """The thread's body."""
        threading.Thread(target=self._watch, args=[key, run], name="build-watch", daemon=True).start()
        try:
            self._in_turn(run)
        except KernelStartFailed as error:
            self._fail(key, run, error)
        except Exception:
            log.exception("the environment %s could not be built", run.digest[:12])
            self._fail(key, run, EnvironmentFailed("a bug in Husk: the lifecycle worker's log has it"))
        finally:
            run.ended.set()
            run.flight.let_go()
            with self._mutex:
                self._running.pop(key, None)
            for then in run.then.values():
                _carefully(then)

    def _fail(self, key: Key, run: Run, error: KernelStartFailed) -> None:
        if run.cancelled.is_set():
            run.say("cancelled: no kernel waits for it any more")
            return
        lines = error.lines if isinstance(error, EnvironmentFailed) else ()
        told = EnvironmentFailed(cleaned(error.message), [cleaned(line) for line in lines])
        run.say(f"failed: {told.message}")
        log.warning("the environment %s could not be built: %s", run.digest[:12], told.message)
        self._failures[key] = Failure(told, time.time())

    def _in_turn(self, run: Run) -> None:
        while not self._turns.acquire(timeout=LOOK_S):
            if run.cancelled.is_set():
                return
        try:
            # Another worker may be building it.
            while not run.flight.take(alone=True):
                if run.cancelled.wait(LOOK_S):
                    return
            if not run.cancelled.is_set():
                self._build(run)
        finally:
            self._turns.release()

    def _build(self, run: Run) -> None:
        """Build it; what cannot be done now is tried again, for as long as a build may take."""
        with self._services.ledger.read() as s:
            lock = environments.get(s, run.digest)
        if lock is None:
            raise EnvironmentFailed("its lock is not in the ledger")
        deadline = time.monotonic() + self._services.settings.build_timeout_s
        while True:
            try:
                run.build(lock)
                break
            except KernelStartFailed:
                raise
            except NotAvailable as error:
                raise EnvironmentFailed(error.message) from None
            except HuskError as error:
                if time.monotonic() > deadline or run.cancelled.is_set():
                    raise EnvironmentFailed(error.message) from None
                run.say(f"not now: {error.message}")
                run.cancelled.wait(RETRY_S)
        reach("build.done")

    def _watch(self, key: Key, run: Run) -> None:
        """A thread's body: keeps the lock, and cancels what no kernel waits for."""
        renewed = time.monotonic()
        while not run.ended.wait(LOOK_S):
            if time.monotonic() - renewed > RENEW_S:
                renewed = time.monotonic()
                run.flight.renew()
            # A ledger that is away cancels nothing.
            with contextlib.suppress(HuskError):
                run.waiting = self._waiting(key)
                if not run.waiting:
                    run.cancelled.set()

    def _waiting(self, key: Key) -> tuple[str, ...]:
        with self._services.ledger.read() as s:
            rows = kernels.alive(s)
        return tuple(
            row.uid
            for row in rows
            if (row.runtime, row.lock_digest) == key
            and row.state == KernelState.BUILDING
            and row.desired_state == DesiredState.RUNNING
        )


def _carefully(step: Callable[[], object]) -> None:
    try:
        step()
    except HuskError as error:
        log.warning("after a build: %s", error)
    except Exception:
        log.exception("after a build")
