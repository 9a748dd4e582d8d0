"""What kernels run in here, told by the only process that reaches the engine."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.errors import HuskError
from tasks.kernels.life import Life
from tasks.runtimes.standing import standing

EVERY_S = 5.0

log = logging.getLogger(__name__)


class Reporter:
    """Puts ``standing`` into Redis, where web finds it; it ends by itself when nobody reports any more."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._said: str | None = None

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while True:
            try:
                self.report()
            except (HuskError, redis.RedisError, OSError) as error:
                log.debug("what kernels run in was not reported: %s", type(error).__name__)
            except Exception:
                # Pages would say for ever that nobody reports.
                log.exception("what kernels run in was not reported")
            if stopped.wait(EVERY_S):
                return

    def report(self) -> None:
        """One report. Raises what Redis does, and ``Unavailable``."""
        facts = {name: runtime.facts() for name, runtime in self._life.runtimes.items()}
        services = self._life.services
        told = standing(services.settings, facts["docker"], facts.get("process"))
        unbounded = _unbounded(self._life.unmeasured)
        told["banner"] = ". ".join(words for words in (told["banner"], unbounded) if words) or None
        services.redis.set(keys.RUNTIME, json.dumps(told), px=keys.RUNTIME_TTL_MS)
        self._log(told)

    def _log(self, told: dict[str, Any]) -> None:
        said = told["banner"] or f"new kernels are of the runtime {told['runtime']}"
        if said != self._said:
            log.info("%s", said)
            self._said = said


def _unbounded(why: str) -> str:
    return f"Nothing bounds what kernels write to disk now, it cannot be measured: {why}" if why else ""
