"""What kernels run in here, as the lifecycle worker reports it: in a deployment it alone has the engine."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import redis

from broker_config import keys
from broker_config.settings import Settings
from tasks.runtimes.base import KernelRuntime
from tasks.runtimes.choice import make_runtimes
from tasks.runtimes.standing import standing, unknown
from tasks.services import Services

FRESH_S = 2.0


class Facts:
    """Asked for with every page, so an answer serves for ``FRESH_S``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._runtimes: list[KernelRuntime] | None = None
        self._at = 0.0

    def get(self, services: Services) -> dict[str, Any]:
        """See ``standing``."""
        with self._lock:
            if self._known is None or time.monotonic() - self._at > FRESH_S:
                self._known = _reported(services) or self.here(services.settings)
                self._at = time.monotonic()
            return self._known

    def here(self, settings: Settings) -> dict[str, Any]:
        """While no lifecycle worker reports: found out here, where an engine would be this host's."""
        if settings.mode == "deployed":
            return unknown(settings)
        if self._runtimes is None:
            self._runtimes = make_runtimes(settings)
        facts = {runtime.name: runtime.facts() for runtime in self._runtimes}
        return standing(settings, facts["docker"], facts["process"])


def _reported(services: Services) -> dict[str, Any] | None:
    try:
        text = services.redis.get(keys.RUNTIME)
        told = json.loads(str(text)) if text else None
    except (redis.RedisError, OSError, ValueError):
        return None
    return told if isinstance(told, dict) and told.get("setting") == services.settings.runtime else None
