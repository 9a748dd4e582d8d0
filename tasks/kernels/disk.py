"""The watch on containers' spools: a volume has no quota, so a kernel that grows over its bound is ended."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from broker_config.wire.errors import HuskError
from broker_config.wire.states import KernelState
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import give_up
from tasks.ledger import kernels
from tasks.ledger.models import Kernel
from tasks.runtimes.base import Ref

EVERY_S = 20.0
COST = 10.0
LONGEST_S = 60.0
MOST_OVER = 2
"""So many times the limit, and a kernel that is started again over it may not go on."""
GB = 1_000_000_000
RUNS = frozenset({KernelState.READY, KernelState.UNRESPONSIVE})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """A kernel's spool when it was measured last. ``allowed``: bytes that this container may come to."""

    process: Ref
    used: int
    allowed: int


class DiskWatch:
    """Remembers sizes, so that a kernel that is over can be started and cleaned up: it may not grow then."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._limit = int(life.services.settings.kernel_disk_gb * GB)
        self._seen: dict[str, Seen] = {}

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        pause_s = EVERY_S
        while not stopped.wait(pause_s):
            began = time.monotonic()
            try:
                self.look()
                self._tell("")
            except HuskError as error:
                self._tell(str(error))
            except Exception:
                log.exception("measuring the spools failed")
            pause_s = pause_after(time.monotonic() - began)

    def _tell(self, trouble: str) -> None:
        """Once per change: while it lasts, nothing bounds a spool."""
        before, self._life.unmeasured = self._life.unmeasured, trouble
        if trouble and trouble != before:
            log.warning("the spools cannot be measured, so nothing bounds them now: %s", trouble)
        elif before and not trouble:
            log.info("the spools are measured again")

    def look(self) -> None:
        """One look. Raises ``Unavailable``; ``KernelStartFailed`` where the engine tells no sizes."""
        with self._life.services.ledger.read() as s:
            rows = [row for row in kernels.alive(s) if row.state in RUNS]
        for name, runtime in self._life.runtimes.items():
            mine = [row for row in rows if row.runtime == name]
            sizes = runtime.spool_bytes() if mine else {}
            for row in mine:
                if row.uid in sizes:
                    self._judge(row, sizes[row.uid])

    def _judge(self, row: Kernel, used: int) -> None:
        allowed = allowance(self._limit, self._seen.get(row.uid), row.runtime_ref)
        self._seen[row.uid] = Seen(row.runtime_ref, used, allowed)
        if used > allowed:
            self._end(row, used)

    def _end(self, row: Kernel, used: int) -> None:
        with self._life.flights.hold(row.uid, 1.0) as mine:
            now = read(self._life, row.uid)
            if not mine or now is None or now.runtime_ref != row.runtime_ref or now.state not in RUNS:
                return
            come, most = f"{used / GB:.2f} GB", f"{self._limit / GB:.2f} GB"
            what = f"the kernel's files came to {come}, the limit is {most}: it was ended, its files are kept"
            give_up(self._life, now, f"{what}; {self._mend(used)}")

    def _mend(self, used: int) -> str:
        if used <= MOST_OVER * self._limit:
            return "start it again and remove some before anything is written"
        raised = "an admin raises HUSK_KERNEL_DISK_GB for as long as it takes"
        return f"that is too much to start it for cleaning up: {raised}, or it is deleted"


def allowance(limit: int, before: Seen | None, process: Ref) -> int:
    """Bytes that the container ``process`` of a kernel may come to: what it came with, to be cleaned up, but
    no more than ``MOST_OVER`` limits, else each start would be worth as much again."""
    if before is None:
        return limit
    if before.process == process:
        return before.allowed
    return min(max(limit, before.used), MOST_OVER * limit)


def pause_after(took_s: float) -> float:
    """Seconds to the next look. Engines before 23 measure images too: that must not become all they do."""
    return min(max(EVERY_S, COST * took_s), LONGEST_S)
