"""Celery applications: one for the control plane, one for the worker inside a kernel."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

from broker_config import queues

TICK_S = 2.0
FLOWS_TICK_S = 0.5
HEARTBEAT_S = 5.0
"""Of a worker, for Flower; Celery's own 2 s cost an idle one as much as its work."""
UNSEEN: dict[str, Any] = {"send_events": False}
"""Of ticks: Flower keeps so many tasks, and two hundred thousand a day would leave no room for cells."""


def _base(name: str, broker_url: str, transport: dict[str, object]) -> Celery:
    app = Celery(name, set_as_current=False)
    app.conf.update(
        broker_url=broker_url,
        broker_transport_options=dict(transport),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=10,
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        result_backend=None,
        enable_utc=True,
        timezone="UTC",
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=True,
        control_queue_expires=None,
    )
    return app


def make_celery(broker_url: str) -> Celery:
    """The control plane's app: lifecycle, flows and housekeeping queues, and beat's ticks.

    Importing or making it connects to nothing.
    """
    app = _base("husk", broker_url, queues.CONTROL_TRANSPORT_OPTIONS)
    app.conf.update(
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        task_default_queue=queues.HOUSEKEEPING,
        task_create_missing_queues=False,
        task_queues=[Queue(name) for name in (queues.LIFECYCLE, queues.FLOWS, queues.HOUSEKEEPING)],
        task_routes={
            "lifecycle.*": {"queue": queues.LIFECYCLE},
            "flows.*": {"queue": queues.FLOWS},
            "housekeeping.*": {"queue": queues.HOUSEKEEPING},
        },
        beat_schedule={
            # Static ticks; what is due is decided in the ledger. `expires` keeps ticks from
            # piling up while no worker is there.
            "tick": {
                "task": "housekeeping.tick",
                "schedule": TICK_S,
                "options": {"expires": 10, "queue": queues.HOUSEKEEPING},
            },
            "flows": {
                "task": "flows.tick",
                "schedule": FLOWS_TICK_S,
                "options": {"expires": 5, "queue": queues.FLOWS},
            },
            "reconcile": {
                "task": "lifecycle.reconcile",
                "schedule": 10.0,
                "options": {"expires": 30, "queue": queues.LIFECYCLE},
            },
        },
    )
    return app


def make_kernel_celery(uid: str, broker_url: str) -> Celery:
    """The app of one kernel's worker: consumes its two queues, people's first, one cell at a time."""
    app = _base(f"kernel-{uid}", broker_url, queues.KERNEL_TRANSPORT_OPTIONS)
    app.conf.update(
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        task_create_missing_queues=False,
        task_queues=[_own_queue(queues.kernel_queue(uid)), _own_queue(queues.batch_queue(uid))],
        worker_disable_prefetch=True,
        worker_prefetch_multiplier=1,
        worker_concurrency=1,
        # In the loop's own thread: a pool's child costs each cell two hand-overs, and the kernel its memory.
        worker_pool="solo",
        task_time_limit=None,
        task_soft_time_limit=None,
    )
    return app


def _own_queue(name: str) -> Queue:
    # Celery's default exchange is shared: binding to it is not among a kernel's rights.
    return Queue(name, Exchange(name, type="direct"), routing_key=name)


def producer_options(
    execution_id: str,
    kernel: str,
    flow: str | None,
    node: str | None,
    run: str | None = None,
    attempt: int | None = None,
) -> dict[str, Any]:
    """What Flower and events show of a cell, or of a node of a run: ids and names, never its code."""
    shown = {"kernel": kernel, "flow": flow, "node": node, "run": run, "attempt": attempt}
    return {
        "task_id": execution_id,
        "kwargs": {},
        "argsrepr": "()",
        "kwargsrepr": repr({k: v for k, v in shown.items() if v is not None}),
        "ignore_result": True,
    }
