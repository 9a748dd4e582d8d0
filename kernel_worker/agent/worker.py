"""Celery's worker, started from Python: one child, two queues, and the remote control that cannot harm."""

from __future__ import annotations

import gc
import logging
import os
import signal
from typing import Any

from celery import Celery, signals
from celery.worker.control import Panel

from broker_config.celery_app import make_kernel_celery
from broker_config.queues import EXECUTE_TASK, batch_queue, kernel_queue, node_name
from broker_config.wire.errors import CellFailed
from kernel_worker.agent.broker import connect, url
from kernel_worker.agent.cell_task import run_task
from kernel_worker.agent.execution import Executor
from kernel_worker.agent.journal import Journal
from kernel_worker.agent.kernel import Kernel
from kernel_worker.agent.late_events import LateEvents
from kernel_worker.agent.parent import Parent
from kernel_worker.agent.process import end_with_parent
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.recording import make_tools

# What Flower asks. Control broadcasts reach every kernel: what changes the worker is not among them.
COMMANDS = frozenset(
    {
        *("ping", "stats", "active_queues", "active", "reserved", "scheduled", "revoked", "registered"),
        *("conf", "report", "enable_events", "heartbeat"),
    }
)
HEARTBEAT_S = 5.0
LOST_CHILD_S = 1.0


class ChildExecutor:
    """The pool child's executor, made in the child when its first execution comes."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._executor: Executor | None = None
        self._agent_pid = os.getpid()

    def forked(self, **_: Any) -> None:
        """Called in every new child: what its parent had is not its own."""
        end_with_parent()
        self._executor = None

    def get(self) -> Executor:
        """The executor of this process."""
        if self._executor is None:
            client = connect(self._kernel.boot.broker)
            publisher = Publisher(client, self._kernel.uid)
            tools = make_tools(self._kernel, client, publisher, open_journal(self._kernel))
            self._executor = Executor(tools, self._end_agent)
        return self._executor

    def _end_agent(self) -> None:
        """Init starts it again; this child goes with it."""
        os.kill(self._agent_pid, signal.SIGKILL)


def open_journal(kernel: Kernel) -> Journal:
    """The kernel's journal, for one process."""
    return Journal(kernel.journal_path, kernel.spool)


def run_worker(kernel: Kernel) -> None:
    """Consume until a signal stops it."""
    for name in set(Panel.data) - COMMANDS:
        del Panel.data[name]
    journal = open_journal(kernel)
    journal.compact()
    parent, child = Parent(kernel, journal), ChildExecutor(kernel)
    app = make_app(kernel, child)
    worker = app.Worker(
        hostname=node_name(kernel.uid),
        queues=[kernel_queue(kernel.uid), batch_queue(kernel.uid)],
        pool="prefork",
        concurrency=1,
        heartbeat_interval=HEARTBEAT_S,
        loglevel=logging.WARNING,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )

    woken, wake = os.pipe()

    def consumes(sender: Any, **_: Any) -> None:
        sender.hub.add_reader(woken, lambda: None)
        parent.start()

    def stops(**_: Any) -> None:
        parent.stopping.set()
        # Celery's loop sleeps through signals for up to a second.
        os.write(wake, b"s")

    signals.worker_ready.connect(consumes, weak=False)
    signals.worker_shutting_down.connect(stops, weak=False)
    signals.worker_process_init.connect(child.forked, weak=False)
    # The child shares what is there now: a collection must not touch it.
    gc.collect()
    gc.freeze()
    worker.start()
    parent.finish()


def make_app(kernel: Kernel, child: ChildExecutor) -> Celery:
    """The kernel's Celery application with its one task."""
    app = make_kernel_celery(kernel.uid, url(kernel.boot.broker))
    app.conf.worker_lost_wait = LOST_CHILD_S
    app.steps["consumer"].add(LateEvents)

    def execute(self: Any, *_args: Any, **_kwargs: Any) -> None:
        run_task(self.request, kernel.uid, child.get)

    app.task(name=EXECUTE_TASK, bind=True, throws=(CellFailed,), ignore_result=True)(execute)
    return app
