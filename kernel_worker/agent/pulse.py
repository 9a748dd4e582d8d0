"""One heartbeat a second, and the watch on memory where no cgroup does it."""

from __future__ import annotations

import logging
import threading
import time

import redis

from broker_config import keys
from broker_config.wire.codec import encode
from broker_config.wire.errors import HuskError
from broker_config.wire.events import FIELD, Pulse
from kernel_worker.agent.broker import AWAY
from kernel_worker.agent.memory import Gauge
from kernel_worker.agent.recording import Tools
from kernel_worker.agent.runner_control import RunnerControl
from kernel_worker.agent.verdicts import KillReason

EVERY_S = 1.0
WATCH_S = 0.25

log = logging.getLogger(__name__)


class Heart:
    """Sends the pulse; a Redis that is away misses some."""

    def __init__(self, tools: Tools, runner: RunnerControl, gauge: Gauge, client: redis.Redis) -> None:
        self._tools = tools
        self._runner = runner
        self._gauge = gauge
        self._client = client

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.is_set():
            began = time.monotonic()
            try:
                self._beat()
            except AWAY as error:
                log.debug("a pulse was not sent: %s", type(error).__name__)
            stopped.wait(max(0.05, EVERY_S - (time.monotonic() - began)))

    def _beat(self) -> None:
        kernel = self._tools.kernel
        claims = list(self._tools.journal.read().open.values())
        running = next((claim for claim in claims if claim.began), None)
        pulse = Pulse(
            generation=self._runner.generation,
            at=time.time(),
            memory_bytes=self._gauge.working_set(),
            memory_limit_bytes=kernel.boot.limits.memory_bytes,
            execution_id=running.execution_id if running else None,
            running_since=running.at if running else None,
        )
        self._client.xadd(
            keys.pulse(kernel.uid), {FIELD: encode(pulse)}, maxlen=keys.PULSE_MAX_ENTRIES, approximate=False
        )


def watch_memory(tools: Tools, runner: RunnerControl, gauge: Gauge, stopped: threading.Event) -> None:
    """Kill a runner that is over the limit; for kernels without a cgroup. The thread's body."""
    limit = tools.kernel.boot.limits.memory_bytes
    while not stopped.wait(WATCH_S):
        used = gauge.runner_bytes(limit)
        generation = runner.generation
        if used <= limit or not generation:
            continue
        try:
            tools.kernel.init.kill(generation, KillReason.OOM, used)
        except HuskError as error:
            log.error("killing a runner over its memory limit: %s", error)
