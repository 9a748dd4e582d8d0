"""Asking for a look at a run, for its begin and for its end."""

from __future__ import annotations

import logging
import time

from kombu.exceptions import OperationalError

from broker_config import queues
from broker_config.wire.errors import Conflict, NotFound
from broker_config.wire.states import RUN_TERMINAL, RunState
from tasks.broker import AWAY
from tasks.ledger import audit, runs
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import Run
from tasks.ledger.session import Session
from tasks.services import Services

ADVANCE = "flows.advance"
EXPIRES_S = 60
"""The tick has looked by then: with no worker for long, messages do not pile up."""

log = logging.getLogger(__name__)


def wake_run(services: Services, run_id: str) -> None:
    """Have a run looked at now; best effort, since the tick finds it."""
    try:
        services.celery.send_task(ADVANCE, args=[run_id], queue=queues.FLOWS, retry=False, expires=EXPIRES_S)
    except (*AWAY, OperationalError) as error:
        log.warning("run %s: nobody was told (%s)", run_id, type(error).__name__)


def release_run(s: Session, run_id: str, now: float) -> bool:
    """Let a run begin that was made ``queued``; ``wake_run`` it after the commit. False: it does not wait."""
    return runs.release(s, run_id, now)


def cancel_run(services: Services, run_id: str, actor: Actor | None) -> Run:
    """Ask for a run's end; its row afterwards. What runs is interrupted, and killed 10 s later.

    Raises:
        NotFound: no such run. Conflict: it has ended.
    """
    now = time.time()
    with services.ledger.write() as s:
        run = runs.get(s, run_id)
        if run is None:
            raise NotFound("there is no such run")
        if RunState(run.state) in RUN_TERMINAL or not runs.request_cancel(s, run_id, now):
            raise Conflict(f"this run has ended: it is {run.state}")
        if actor is not None:
            audit.note(s, actor, Change("run.cancel", run_id, {"flow": run.flow_id}), now)
    wake_run(services, run_id)
    return run
