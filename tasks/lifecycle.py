"""``python -m tasks lifecycle``: the worker that alone starts, stops and deletes kernels.

``--stop-kernels``: end every kernel's process (they run again at the next start of the worker), then exit.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery, signals
from celery.exceptions import SecurityWarning

from broker_config import queues
from broker_config.celery_app import HEARTBEAT_S, UNSEEN
from broker_config.settings import load_settings, require_secrets
from broker_config.wire.errors import HuskError
from tasks import failpoints, logs
from tasks.asking import SETTLE
from tasks.broker_epoch import BrokerEpoch
from tasks.environments import asking
from tasks.environments.answering import Answers
from tasks.environments.collecting import Collector
from tasks.figures.processes import announce, ticked
from tasks.figures.waiting import stamp_messages
from tasks.kernels.broker_watch import BrokerWatch
from tasks.kernels.disk import DiskWatch
from tasks.kernels.life import Life, make_life, read
from tasks.kernels.reconciling import Reconciler, begin
from tasks.kernels.reporting import Reporter
from tasks.kernels.settling import settle
from tasks.kernels.stop_all import stop_all
from tasks.kernels.watching import Watcher
from tasks.runtimes.choice import make_runtimes
from tasks.services import Services, make_services

CONCURRENCY = 16
MESSAGE_WAIT_S = 20.0
"""How long a message waits for other work on its kernel: a stop, and some."""
LAST_WORDS_S = 1.2
LET_GO_S = 0.3
FIRST_TRIES_S = 0.5

log = logging.getLogger(__name__)


def register(app: Celery, life: Life, reconciler: Reconciler) -> None:
    """The four tasks."""
    answers = Answers(life)

    def settle_task(uid: str, nonce: str) -> None:
        try:
            settle(life, uid, nonce, MESSAGE_WAIT_S)
        except HuskError as error:
            log.warning("kernel %s is not settled yet: %s", uid, error)

    def reconcile_task() -> None:
        ticked(life.services.redis, queues.LIFECYCLE)
        reconciler.look()

    def log_task(uid: str, lines: int, request: str) -> None:
        row = read(life, uid)
        if row is None:
            return
        try:
            text = life.runtime_of(row).log_tail(uid, lines)
        except HuskError as error:
            text = f"the log cannot be read now: {error.message}"
        logs.answer(life.services.redis, request, text)

    def resolve_task(told: dict[str, Any], request: str) -> None:
        answers.answer(told, request)

    app.task(settle_task, name=SETTLE)
    app.task(resolve_task, name=asking.TASK)
    app.task(log_task, name=logs.TASK)
    app.task(reconcile_task, name="lifecycle.reconcile", **UNSEEN)


def attempt(step: Callable[[], bool | None]) -> bool:
    """Whether it succeeded. Whatever it raises is logged: the thread that watches kernels must not end."""
    try:
        return step() is not False
    except Exception:
        log.exception("a first step of the watch on kernels failed")
        return False


def start_threads(life: Life, reconciler: Reconciler, stopped: threading.Event) -> None:
    """Check the broker, then watch: what starts finds groups and users as they should be."""
    epoch, watcher = BrokerEpoch(life.services), Watcher(life)

    def watch() -> None:
        # Tries the users of kernels, and makes networks, before the first one is started.
        attempt(reconciler.open_doors)
        steps: tuple[Callable[[], bool | None], ...] = (lambda: begin(life), epoch.try_check)
        for step in steps:
            while not attempt(step) and not stopped.wait(FIRST_TRIES_S):
                pass
        watcher.run(stopped)

    bodies: dict[str, Callable[[], object]] = {
        **{f"{name}-events": partial(runtime.hear, stopped) for name, runtime in life.runtimes.items()},
        **{f"{name}-proof": partial(runtime.prove, stopped) for name, runtime in life.runtimes.items()},
        "disk": lambda: DiskWatch(life).run(stopped),
        "broker": lambda: BrokerWatch(life).run(stopped),
        "report": lambda: Reporter(life).run(stopped),
        "watch": watch,
        "epoch": lambda: epoch.run(stopped),
        "environments": lambda: Collector(life.services, life.runtimes).run(stopped),
        "reconcile": lambda: reconciler.run(stopped),
    }
    for name, body in bodies.items():
        threading.Thread(target=body, name=name, daemon=True).start()


def leave(life: Life) -> None:
    """End now; the locks of steps that are cut short are let go, if Redis says so at once."""

    def let_go() -> None:
        life.flights.let_go()
        life.builds.let_go()

    last = threading.Thread(target=let_go, daemon=True)
    last.start()
    last.join(LET_GO_S)
    os._exit(0)


def serve(services: Services) -> int:
    """Consume until a signal; the exit code. Kernels outlive it."""
    life = make_life(services, *make_runtimes(services.settings))
    reconciler, stopped = Reconciler(life), threading.Event()
    app = services.celery
    stamp_messages()
    announce(services.redis, "lifecycle", stopped)
    register(app, life, reconciler)
    worker = app.Worker(
        hostname=f"lifecycle@{os.uname().nodename}",
        queues=[queues.LIFECYCLE],
        pool="threads",
        concurrency=CONCURRENCY,
        heartbeat_interval=HEARTBEAT_S,
        loglevel=logging.WARNING,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )

    def stops(**_: Any) -> None:
        stopped.set()
        # Every step may be cut short: the next worker goes on from the row.
        last = threading.Timer(LAST_WORDS_S, leave, [life])
        last.daemon = True
        last.start()

    signals.worker_shutting_down.connect(stops, weak=False)
    start_threads(life, reconciler, stopped)
    worker.start()
    return 0


def log_to_stderr() -> None:
    """One line a line, UTC."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("tasks").setLevel(logging.INFO)
    signals.setup_logging.connect(_logging_is_set_up, weak=False)


def _logging_is_set_up(**_: Any) -> None:
    """Celery leaves logging alone when this signal has a receiver."""


def main(argv: list[str], services: Services | None = None) -> int:
    """Exit code: 0 after a signal, 1 when kernels are left, 2 when it cannot serve with these settings."""
    log_to_stderr()
    # Whether kernels are apart from a Husk that runs as root is told by the runtime's facts.
    warnings.simplefilter("ignore", SecurityWarning)
    try:
        if services is None:
            settings = load_settings()
            require_secrets(settings)
            services = make_services(settings)
        if chosen := os.environ.get(failpoints.VARIABLE):
            failpoints.parse(chosen)
        if "--stop-kernels" in argv:
            return 1 if stop_all(make_life(services, *make_runtimes(services.settings))) else 0
    except HuskError as error:
        log.critical("%s", error)
        return 2
    return serve(services)
