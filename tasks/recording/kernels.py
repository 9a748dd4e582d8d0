"""Events of kernels into the ledger: ready, a runner's end, the journal, shared files."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from broker_config.wire import VERSION
from broker_config.wire.errors import WrongTransition
from broker_config.wire.events import (
    JournalReport,
    NamespaceEnded,
    Ready,
    RunnerEnded,
    SharedWritten,
)
from broker_config.wire.states import KernelState
from tasks import shared_files
from tasks.ledger import attention, broker, executions, kernels
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from tasks.recording.checking import short
from tasks.recording.effects import Effects
from tasks.recording.executions import About

RUNS = frozenset({KernelState.READY.value, KernelState.UNRESPONSIVE.value})
BEFORE_START_S = 2.0
"""A Ready older than its start by more than clocks may be apart is of an earlier process."""
TRIES = 3
MOST_FACTS = 16_384

log = logging.getLogger(__name__)


def on_ready(session: Session, about: About, body: Ready, effects: Effects) -> None:
    """starting → ready; in a kernel that runs: its runner is a new one."""
    if body.version != VERSION:
        log.error("kernel %s speaks version %s of the contract, not %s", about.uid, body.version, VERSION)
        return
    fits = len(json.dumps(body.facts)) <= MOST_FACTS
    fields = {"generation": short(body.generation), "facts": body.facts if fits else {}}
    if _set(session, about, fields, from_starting=True):
        effects.changed.add(about.uid)
        effects.publish.add(about.uid)


def on_runner_ended(session: Session, about: About, body: RunnerEnded, effects: Effects) -> None:
    """The kernel goes on with another runner: what is submitted from now on is for that one."""
    if body.generation and _set(session, about, {"generation": short(body.generation)}, from_starting=False):
        effects.changed.add(about.uid)


def on_namespace_ended(session: Session, about: About, body: NamespaceEnded, effects: Effects) -> None:
    """Pages look again; the runner itself tells the next cell."""
    effects.changed.add(about.uid)


def on_journal_report(session: Session, about: About, body: JournalReport, effects: Effects) -> None:
    """What this kernel has claimed runs (its results follow); the rest of its queue is put again."""
    kernel = kernels.get(session, about.uid)
    if kernel is None or body.epoch != broker.epoch(session) or kernel.journal_epoch == body.epoch:
        return
    claimed = set(body.claimed)
    for row in executions.queued(session, about.uid):
        if row.id in claimed:
            executions.started(session, row.id, kernel.generation or "", time.time())
    attention.unpublish(session, about.uid)
    _update(session, kernel, {"journal_epoch": body.epoch})
    effects.changed.add(about.uid)
    effects.publish.add(about.uid)


def on_shared_written(session: Session, about: About, body: SharedWritten, effects: Effects) -> None:
    """A version of a shared file of the kernel's owner."""
    kernel = kernels.get(session, about.uid)
    if kernel is not None:
        shared_files.record(session, kernel, body, about.event.execution_id)
        effects.changed.add(about.uid)


def _set(session: Session, about: About, fields: dict[str, Any], from_starting: bool) -> bool:
    """Set columns of a kernel that runs; with ``from_starting`` one that starts becomes ready."""
    kernel = kernels.get(session, about.uid)
    if kernel is None:
        return False
    if from_starting and kernel.state == KernelState.STARTING.value:
        if about.event.at < kernel.state_since - BEFORE_START_S:
            return False
        return _move(session, kernel, fields)
    if kernel.state not in RUNS:
        return False
    return _update(session, kernel, fields)


def _move(session: Session, kernel: Kernel, fields: dict[str, Any]) -> bool:
    for _ in range(TRIES):
        try:
            kernels.move(session, kernel, KernelState.READY, time.time(), **fields)
        except WrongTransition:
            session.refresh(kernel)
            if kernel.state != KernelState.STARTING.value:
                return False
        else:
            return True
    return False


def _update(session: Session, kernel: Kernel, fields: dict[str, Any]) -> bool:
    for _ in range(TRIES):
        try:
            kernels.update(session, kernel, **fields)
        except WrongTransition:
            session.refresh(kernel)
        else:
            return True
    return False
