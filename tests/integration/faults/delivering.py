"""Faults of delivery: messages twice, a web that dies between commit and publish."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from broker_config.queues import queue_of
from broker_config.wire.errors import HuskError
from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.cell_message import message_of
from tasks.failpoints import VARIABLE
from tasks.ledger.models import Execution
from tasks.queue_contents import lying
from tests.integration.faults import traces
from tests.integration.faults.fault import Fault
from tests.integration.faults.trial import Trial
from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.client import Husk

TWICE_WAITING = 6
FILE_S = 30.0
UP_S = 30.0
TIMEOUT = httpx.Timeout(10.0)


def deliver_twice(trial: Trial) -> None:
    """Copies of messages that wait (behind all, or they would be overtaking), that run, that have ended."""
    client = trial.world.services.redis
    queues = [queue_of(trial.uid, interactive) for interactive in (True, False)]
    waiting = [(queue, found.message) for queue in queues for found in lying(client, queue)]
    for queue, message in trial.dice.sample(waiting, min(TWICE_WAITING, len(waiting))):
        client.lpush(queue, message)
    _push_copy(trial, trial.rows()[0])
    wait_until(lambda: _some_ended(trial), FILE_S, "one that ended")
    _push_copy(trial, trial.dice.choice(_some_ended(trial)))


def _some_ended(trial: Trial) -> list[Execution]:
    return [row for row in trial.rows() if row.status in EXECUTION_TERMINAL]


def _push_copy(trial: Trial, row: Execution) -> None:
    services, kernel = trial.world.services, trial.world.kernels.row(trial.uid)
    text = message_of(services.celery, row, kernel.slug)
    push = trial.dice.choice((services.redis.rpush, services.redis.lpush))
    push(queue_of(trial.uid, row.interactive), text)


def die_after_commit(trial: Trial) -> None:
    """A second web process on the same ledger takes a cell, commits it, and is gone."""
    index = trial.work.sent
    code = traces.noting(trial.work.notes, index, "pass")
    known = len(trial.rows())
    with _dying_web(trial) as husk:
        with suppress(HuskError):
            husk.executions.submit(trial.uid, code)
            raise AssertionError("the failpoint was not reached")
        wait_until(lambda: len(trial.rows()) > known, UP_S, "the commit")
    trial.work.accepted.append(next(row.id for row in trial.rows() if row.code == code))


@contextmanager
def _dying_web(trial: Trial) -> Iterator[Husk]:
    port = free_ports(1)
    environ = {
        **trial.world.stack.environ,
        "HUSK_WEB_PORT": str(port),
        VARIABLE: "submit.committed:exit",
    }
    token = (trial.world.stack.data_dir / "admin.token").read_text().strip()
    with subprocess.Popen(
        [sys.executable, "-m", "web.stack.web_server"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            with Husk(f"http://127.0.0.1:{port}", token, TIMEOUT) as husk:
                wait_until(lambda: _answers(husk), UP_S, "the second web process")
                yield husk
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _answers(husk: Husk) -> bool:
    with suppress(HuskError):
        return bool(husk.health())
    return False


FAULTS = (
    Fault("delivered twice", deliver_twice),
    Fault("web dies after its commit", die_after_commit),
)
