"""Worker of the queues ``housekeeping`` and ``flows``: ticks that do what is due, and looks at runs.

``python -m tasks housekeeping``.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from celery import Celery

from broker_config import keys
from broker_config.celery_app import HEARTBEAT_S, UNSEEN
from broker_config.queues import FLOWS, HOUSEKEEPING
from broker_config.settings import get_settings, require_secrets
from broker_config.wire.errors import HuskError
from tasks import file_uploads
from tasks.broker import translated
from tasks.closing import close_all, close_running, drained, returns
from tasks.figures.processes import announce, ticked
from tasks.figures.sampling import Sampler
from tasks.figures.waiting import stamp_messages
from tasks.flow_objects import promote_catalog, promote_outputs
from tasks.flow_runs.asking import ADVANCE
from tasks.flow_runs.looks import Looks
from tasks.flow_runs.ticking import Ticks
from tasks.ledger import attention, executions
from tasks.ledger.models import Kernel
from tasks.outbox import OUTBOX_S, looks_whole, repair
from tasks.services import Services, make_services
from tasks.shared_files import promote_some, remove_some
from tasks.sweeping import drop_unfinished, remove_doomed, sweep_orphans

EXACT_EVERY = 5
"""Ticks in which queues are only counted, but for one: reading long ones holds up who submits."""
ENDED_FOR_S = 60.0
"""Lifecycle closes what a kernel has left; this is for when it died meanwhile."""
REMOVED_AFTER_S = 300.0
"""A kernel may still be reading by the URL that it was given."""
THREADS = 8
WINDOW = 32
"""Messages a thread that may be read ahead."""
REASON = "the kernel ended while this cell ran; what it did is kept, how it ended is not known"

SWEEPS: tuple[tuple[Callable[[Services], object], float], ...] = (
    (drop_unfinished, 30.0),
    (remove_doomed, 30.0),
    (sweep_orphans, 3600.0),
)
"""And every how many seconds."""

log = logging.getLogger(__name__)


class Housekeeping:
    """What is done at every tick; each part fails for itself.

    Promotion reads whole files and may take minutes: nothing else waits for it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._busy = threading.Lock()
        self._promoting = threading.Lock()
        self._looks = 0
        self._sweep_at: dict[str, float] = {}
        self._sampler = Sampler(services)

    def tick(self) -> None:
        """Do what is due; what another tick still works at is left out."""
        ticked(self._services.redis, HOUSEKEEPING)
        self._alone(self._busy, self._outbox, self._closing, self._dead_letters, self._sampler.sample_if_due)
        self._alone(self._promoting, self._promotion, self._removal, self._uploads, self._sweeping)

    def _alone(self, lock: threading.Lock, *parts: Callable[[], object]) -> None:
        if not lock.acquire(blocking=False):
            return
        try:
            for part in parts:
                self._guarded(part, part.__name__)
        finally:
            lock.release()

    def _guarded(self, part: Callable[[], object], name: str) -> None:
        try:
            part()
        except HuskError as error:
            log.warning("housekeeping%s: %s", name, error)

    def _outbox(self) -> None:
        with self._services.ledger.read() as session:
            uids = executions.queued_kernels(session, time.time() - OUTBOX_S)
        self._looks += 1
        for uid in uids:
            self._guarded(partial(self._outbox_of, uid), f"_outbox of {uid}")

    def _outbox_of(self, uid: str) -> None:
        # A message too many hides one that is missing.
        if self._looks % EXACT_EVERY == 0 or not looks_whole(self._services, uid):
            repair(self._services, uid)

    def _closing(self) -> None:
        with self._services.ledger.read() as session:
            ended = attention.ended_with_open(session, time.time() - ENDED_FOR_S)
        for kernel in ended:
            self._close(kernel)

    def _close(self, kernel: Kernel) -> None:
        if kernel.deleted_at is not None:
            close_all(self._services, kernel.uid, "the kernel was deleted while this cell ran")
        elif not returns(kernel) and drained(self._services, kernel.uid):
            close_running(self._services, kernel.uid, kernel.error or REASON)

    def _promotion(self) -> None:
        for kind in (promote_some, promote_outputs, promote_catalog):
            self._guarded(partial(kind, self._services), f"_{kind.__name__}")

    def _removal(self) -> None:
        remove_some(self._services, time.time() - REMOVED_AFTER_S)

    def _uploads(self) -> None:
        file_uploads.sweep(self._services)

    def _sweeping(self) -> None:
        for sweep, every_s in SWEEPS:
            name, now = sweep.__name__, time.monotonic()
            if now >= self._sweep_at.get(name, 0.0):
                self._sweep_at[name] = now + every_s
                self._guarded(partial(sweep, self._services), f"_{name}")

    def _dead_letters(self) -> None:
        with translated():
            self._services.redis.ltrim(keys.DEAD_LETTERS, 0, keys.DEAD_LETTERS_MAX - 1)


def register(app: Celery, housekeeping: Housekeeping, services: Services) -> None:
    """Give the app the tasks of this worker."""
    app.task(name="housekeeping.tick", ignore_result=True, **UNSEEN)(housekeeping.tick)
    looks = Looks(services)
    # What is lost with this process is found by the next tick; an acknowledgement later is of no use.
    soon = {"ignore_result": True, "acks_late": False}
    app.task(name=ADVANCE, **soon)(looks.look)
    ticks = Ticks(services, looks)

    def flows_tick() -> None:
        ticked(services.redis, FLOWS)
        ticks.tick()

    app.task(name="flows.tick", **soon, **UNSEEN)(flows_tick)


def main(_argv: list[str]) -> int:
    """The exit code: consume until a signal stops it."""
    settings = get_settings()
    require_secrets(settings)
    services = make_services(settings)
    stamp_messages()
    announce(services.redis, "flows", threading.Event())
    register(services.celery, Housekeeping(services), services)
    worker = services.celery.Worker(
        hostname=f"housekeeping@{socket.gethostname()}",
        queues=[HOUSEKEEPING, FLOWS],
        pool="threads",
        # A tick that copies files holds one for minutes, and looks at runs do not wait for it.
        concurrency=THREADS,
        heartbeat_interval=HEARTBEAT_S,
        # A full window is looked at again only once a second: threads tell the loop nothing.
        prefetch_multiplier=WINDOW,
        loglevel=logging.WARNING,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    return 0
