"""Celery's worker, started from Python: two queues, one cell at a time, remote control that cannot harm.

The solo pool runs a cell in the thread of Celery's loop: nothing is taken from Redis meanwhile, and no other
process stands between the queue and the runner. What has to go on meanwhile are threads of ours.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery, signals
from celery.worker.control import Panel

from broker_config.celery_app import HEARTBEAT_S, make_kernel_celery
from broker_config.queues import EXECUTE_TASK, batch_queue, kernel_queue, node_name
from broker_config.wire.errors import CellFailed
from kernel_worker.agent.broker import connect, url
from kernel_worker.agent.cell_task import run_task
from kernel_worker.agent.content import Content
from kernel_worker.agent.execution import Executor
from kernel_worker.agent.guard import end_process
from kernel_worker.agent.interruptions import Interruptions
from kernel_worker.agent.journal import Journal
from kernel_worker.agent.kernel import Kernel
from kernel_worker.agent.leftovers import sweep
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.recording import make_tools
from kernel_worker.agent.reporter import Reporter
from kernel_worker.agent.threads import Threads

# What Flower asks. Control broadcasts reach every kernel: what changes the worker is not among them.
COMMANDS = frozenset(
    {
        *("ping", "stats", "active_queues", "active", "reserved", "scheduled", "revoked", "registered"),
        *("conf", "report", "enable_events", "heartbeat"),
    }
)


def run_worker(kernel: Kernel) -> None:
    """Consume until a signal stops it."""
    for name in set(Panel.data) - COMMANDS:
        del Panel.data[name]
    client = connect(kernel.boot.broker)
    publisher, journal = Publisher(client, kernel.uid), Journal(kernel.journal_path, kernel.spool)
    journal.compact()
    sweep(kernel.staged, journal.read().open)
    content = Content(kernel.content, kernel.boot.limits.content_bytes)
    shared = (kernel, client, publisher, journal, content, Interruptions())
    threads = Threads(make_tools(*shared))
    executor = Executor(make_tools(*shared), end_process)
    woken, wake = os.pipe()
    reporter = Reporter(HEARTBEAT_S, woken)
    app = make_app(kernel, executor)
    app.steps["consumer"].add(reporter.step())
    worker = app.Worker(
        hostname=node_name(kernel.uid),
        queues=[kernel_queue(kernel.uid), batch_queue(kernel.uid)],
        pool="solo",
        concurrency=1,
        heartbeat_interval=HEARTBEAT_S,
        loglevel=logging.WARNING,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )

    def consumes(**_: Any) -> None:
        threads.start()
        reporter.start()

    def stops(**_: Any) -> None:
        threads.stopping.set()
        # Celery's loop sleeps through signals for up to a second.
        os.write(wake, b"s")

    signals.worker_ready.connect(consumes, weak=False)
    signals.worker_shutting_down.connect(stops, weak=False)
    worker.start()
    threads.finish()


def make_app(kernel: Kernel, executor: Executor) -> Celery:
    """The kernel's Celery application with its one task."""
    app = make_kernel_celery(kernel.uid, url(kernel.boot.broker))

    def execute(self: Any, *_args: Any, **_kwargs: Any) -> None:
        run_task(self.request, kernel.uid, executor)

    app.task(name=EXECUTE_TASK, bind=True, throws=(CellFailed,), ignore_result=True)(execute)
    return app
