"""Environments that no kernel names any more go after some days; what was cut off goes at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from broker_config import keys
from broker_config.wire.errors import EngineAbsent, HuskError
from tasks.broker import translated
from tasks.environments.flight import EnvironmentFlight
from tasks.ledger import environments
from tasks.runtimes.base import KernelRuntime
from tasks.services import Services

FIRST_S = 15.0
EVERY_S = 600.0
DAY_S = 86_400.0

log = logging.getLogger(__name__)


class Collector:
    """One per process. Since when one is unused stands in Redis: where that was lost, it stays longer."""

    def __init__(self, services: Services, runtimes: Mapping[str, KernelRuntime]) -> None:
        self._services = services
        self._runtimes = runtimes

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        pause_s = FIRST_S
        while not stopped.wait(pause_s):
            self.look()
            pause_s = EVERY_S

    def look(self) -> None:
        """One look; what fails is logged and tried again by the next."""
        for name, runtime in self._runtimes.items():
            try:
                self._look_at(name, runtime)
            except EngineAbsent as error:
                log.debug("%s", error)
            except HuskError as error:
                log.warning("environments of %s are not looked through: %s", name, error)
            except Exception:
                log.exception("environments of %s are not looked through", name)
        try:
            self._forget()
        except HuskError as error:
            log.warning("locks are not looked through: %s", error)

    def _forget(self) -> None:
        """Locks that no kernel has go as environments do: who has the file gives it again."""
        before = time.time() - self._services.settings.environment_keep_days * DAY_S
        with self._services.ledger.write() as s:
            environments.forget(s, before)

    def _look_at(self, name: str, runtime: KernelRuntime) -> None:
        kept = runtime.environments
        kept.bound()
        for digest in kept.half_made():
            self._alone(name, digest, partial(kept.clean, digest))
        for digest in kept.whole():
            if self._is_past(name, digest):
                self._alone(name, digest, partial(self._remove, name, runtime, digest))

    def _alone(self, name: str, digest: str, step: Callable[[], None]) -> None:
        """Do it unless somebody builds or removes that one now."""
        flight = EnvironmentFlight(self._services.redis, name, digest)
        if flight.take(alone=False):
            try:
                step()
            finally:
                flight.let_go()

    def _is_past(self, name: str, digest: str) -> bool:
        """Whether no kernel has named it for as long as it is kept; notes that it is unused, or used."""
        redis, field = self._services.redis, f"{name} {digest}"
        with translated():
            if self._used(digest):
                redis.hdel(keys.ENVIRONMENTS_UNUSED, field)
                return False
            redis.hsetnx(keys.ENVIRONMENTS_UNUSED, field, repr(time.time()))
            since = float(redis.hget(keys.ENVIRONMENTS_UNUSED, field) or time.time())
        return time.time() - since >= self._services.settings.environment_keep_days * DAY_S

    def _remove(self, name: str, runtime: KernelRuntime, digest: str) -> None:
        # Named since: a start looks whether it is there after its row names it.
        if self._used(digest):
            return
        log.info("the environment %s of %s is unused: it is removed", digest[:12], name)
        runtime.environments.remove(digest)
        with translated():
            self._services.redis.hdel(keys.ENVIRONMENTS_UNUSED, f"{name} {digest}")

    def _used(self, digest: str) -> bool:
        with self._services.ledger.read() as s:
            return digest in environments.used(s)
