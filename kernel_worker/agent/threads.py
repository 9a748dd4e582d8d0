"""The agent's threads beside Celery's own loop, which a running cell holds."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from functools import partial

from broker_config.wire.errors import HuskError
from broker_config.wire.frames import InterruptCell
from kernel_worker.agent.control import Control
from kernel_worker.agent.eager import Eager
from kernel_worker.agent.guard import guarded, without_values
from kernel_worker.agent.kernel_events import KernelEvents
from kernel_worker.agent.memory import Gauge
from kernel_worker.agent.pulse import Heart, watch_memory
from kernel_worker.agent.recording import Tools
from kernel_worker.agent.recovery import Recoverer
from kernel_worker.agent.resending import Resending
from kernel_worker.agent.runner_control import Listener, RunnerControl
from kernel_worker.agent.verdicts import AGENT_OUTSIDE, OUTSIDE, KillReason

TICK_S = 0.5
STOP_INTERRUPT_AGAIN_S = 2.0
STOP_KILL_S = 3.5
FLUSH_S = 1.0
EAGER = "eager"

log = logging.getLogger(__name__)


class Threads:
    """Starts and ends them. ``tools`` are those of the thread that settles what a dead agent left."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        kernel = tools.kernel
        self._gauge = Gauge(kernel.boot.cgroup, os.getppid(), os.getpid())
        self._said = KernelEvents(self._tools, self._gauge.source)
        listener = Listener(self._attached, self._greeted, self._said.evicted, self._was_greeted)
        self._runner = RunnerControl(kernel.init, listener)
        self._resending = Resending(self._tools)
        self._recoverer = Recoverer(self._tools, self._runner.running)
        self._recovered = False
        self._settled = False
        self._stopped = threading.Event()
        self.stopping = threading.Event()
        """Set by the worker's signal: what runs is interrupted, then killed."""

    def start(self) -> None:
        """Start the threads: Celery consumes, so what they do can be answered."""
        tools = self._tools
        control = Control(tools, self._runner, self._said, self._resending, tools.client)
        heart = Heart(tools, self._runner, self._gauge, tools.client)
        bodies = {
            "runner-control": lambda: self._runner.run(self._stopped),
            "control": lambda: control.run(self._stopped),
            "pulse": lambda: heart.run(self._stopped),
            "recovery": self._recover,
            "resending": self._resend,
            "stopping": self._stop_what_runs,
        }
        if tools.kernel.boot.cgroup is None:
            bodies["memory"] = lambda: watch_memory(tools, self._runner, self._gauge, self._stopped)
        for name, body in bodies.items():
            guard = guarded(name, body, self._stopped.wait)
            threading.Thread(target=guard, name=name, daemon=True).start()

    def finish(self) -> None:
        """Send what waits, bounded; the worker has ended."""
        self._tools.publisher.flush(FLUSH_S)
        self._stopped.set()

    def _was_greeted(self, generation: str) -> bool:
        return self._tools.journal.read().greeted == generation

    def _attached(self, generation: str, pid: int) -> None:
        before = self._tools.journal.read().attached
        if before == generation:
            return
        log.info("runner %s is process %d", generation, pid)
        # Said first: what fails in between is done again, and may be said twice.
        if before is not None:
            self._said.runner_ended(before, generation)
        self._tools.journal.attached(generation)

    def _greeted(self, generation: str) -> None:
        is_new = not self._was_greeted(generation)
        if is_new:
            self._tools.journal.greeted(generation)
        boot = self._tools.kernel.boot
        if boot.recovery_mode == EAGER and is_new and not self._recovered:
            self._recovered = True
            # Beside this thread, which hears what the runner says to it.
            begin = partial(self._begin_with_all, generation)
            threading.Thread(target=begin, name="eager", daemon=True).start()
            return
        self._ready(generation)

    def _ready(self, generation: str) -> None:
        self._said.ready(generation, self._runner.pid)
        self._settle_in()

    def _begin_with_all(self, generation: str) -> None:
        """Once, before the kernel is ready, where it is to begin with all that it had."""
        tools, limits = self._tools, self._tools.kernel.boot.limits
        try:
            Eager(
                *(tools.desk, tools.store, tools.content),
                *(limits.content_bytes, limits.memory_bytes, self._runner.ask_and_wait),
            ).begin()
        except Exception as error:
            log.error("this kernel begins without its artifacts: %s", without_values(error))
        if self._runner.generation == generation:  # else the next one is ready by itself
            self._ready(generation)

    def _settle_in(self) -> None:
        """What is there at the first greeting stays: a collection need not look at it."""
        if not self._settled:
            self._settled = True
            gc.collect()
            gc.freeze()

    def _recover(self) -> None:
        while not self._stopped.is_set():
            try:
                self._recoverer.settle()
            except (HuskError, OSError) as error:
                log.error("settling what a dead process left: %s", error)
            self._stopped.wait(TICK_S)

    def _resend(self) -> None:
        while not self._stopped.wait(1.0):
            self._resending.tick()

    def _stop_what_runs(self) -> None:
        self.stopping.wait()
        began, outside = time.monotonic(), self._outside()
        plan = [(0.0, False), (STOP_INTERRUPT_AGAIN_S, False), (STOP_KILL_S, True)]
        for after, kill in plan:
            self._stopped.wait(max(0.0, began + after - time.monotonic()))
            for claim in self._tools.journal.read().open.copy().values():
                if outside is not None:
                    self._tools.interruptions.from_outside(claim.execution_id, outside)
                if kill:
                    self._tools.kernel.init.kill(claim.generation, KillReason.STOP)
                else:
                    self._runner.send(InterruptCell(claim.execution_id))

    def _outside(self) -> str | None:
        """What a cell is told that ends now; None: Husk ends this kernel."""
        try:
            ending, asked = self._tools.kernel.init.is_ending()
        except HuskError as error:
            log.warning("who stops this kernel is not known: %s", error)
            return OUTSIDE
        if asked:
            return None
        return OUTSIDE if ending else AGENT_OUTSIDE
