"""The recorder: kernels' events into the ledger, in batches; then acknowledged, trimmed, and told to pages.

``python -m tasks recorder``. Several share the kernels by leases. Killed at any moment it loses nothing: what
was not acknowledged is read again, and every change can be made twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import encode_tagged
from broker_config.wire.errors import HuskError, NotFound, Unavailable
from broker_config.wire.events import (
    Checkpoint,
    Finished,
    JournalReport,
    NamespaceEnded,
    Ready,
    RunnerEnded,
    SharedWritten,
    Started,
)
from broker_config.wire.messages import Acknowledge
from broker_config.wire.names import kernel_of
from tasks.broker import make_raw_redis, translated
from tasks.claims import CANCELLED
from tasks.flow_runs.asking import wake_run
from tasks.ledger.session import Session
from tasks.recording import executions, kernels
from tasks.recording.background import Publishers
from tasks.recording.checking import checked
from tasks.recording.consumer import Consumer, Entry, acknowledge
from tasks.recording.effects import Effects
from tasks.recording.executions import About
from tasks.recording.pace import Pace
from tasks.recording.sources import EVENTS
from tasks.recording.trimming import Trimmer
from tasks.recording.urgency import OF_AN_EXECUTION, is_waited_for
from tasks.services import Services
from tasks.serving import serve
from tasks.waking import wake

MOST_IN_A_WRITE = 300
"""A long write would keep others waiting: SQLite has one writer at a time."""
LINGER_S = 0.12
"""Fewer writes in the way of cells that come: pages read the live stream, not the ledger."""
PEEKS = 8
"""The end of a node, for which a run waits, comes soon after its start, for which nobody does."""
MOST_ACKNOWLEDGED = 500
LONGEST_REASON = 300

HANDLERS: dict[type, Callable[[Session, About, Any, Effects], None]] = {
    Started: executions.on_started,
    Finished: executions.on_finished,
    Checkpoint: executions.on_checkpoint,
    Ready: kernels.on_ready,
    RunnerEnded: kernels.on_runner_ended,
    NamespaceEnded: kernels.on_namespace_ended,
    JournalReport: kernels.on_journal_report,
    SharedWritten: kernels.on_shared_written,
}

log = logging.getLogger(__name__)


class Recorder:
    """Records batches of entries. ``client`` answers bytes."""

    def __init__(self, services: Services, client: redis.Redis) -> None:
        self._services = services
        self._client = client
        self._trimmer = Trimmer(client)
        self._publishers = Publishers(services)
        self._told: dict[str, float] = {}

    def run(self, stopped: threading.Event) -> None:
        """Record until ``stopped``."""
        pace = Pace(LINGER_S, PEEKS)
        consumer = Consumer(self._client, self._services.ledger, EVENTS, pace, is_waited_for)
        consumer.run(self.record, stopped)
        self.close()

    def close(self) -> None:
        """End its thread."""
        self._publishers.close()

    def record(self, entries: list[Entry]) -> None:
        """Commit these, then acknowledge them.

        Raises:
            Unavailable: Redis or the database is away; what was not acknowledged comes again.
        """
        for start in range(0, len(entries), MOST_IN_A_WRITE):
            self._record(entries[start : start + MOST_IN_A_WRITE])

    def _record(self, entries: list[Entry]) -> None:
        about = [
            About(entry.uid, entry.entry_id, event)
            for entry in entries
            if (event := checked(entry)) is not None
        ]
        never_had = self._cancelled_before(about)
        effects = self._commit(
            [one for one in _worth_writing(about) if one.event.execution_id not in never_had]
        )
        for execution_id in sorted(never_had):
            effects.ended.setdefault(kernel_of(execution_id), []).append(execution_id)
        # First, since the run waits: what is acknowledged late is only read once more.
        for run_id in sorted(effects.runs):
            wake_run(self._services, run_id)
        self._tell(entries, effects)
        for uid in effects.publish:
            self._publishers.publish(uid)

    def _cancelled_before(self, about: list[About]) -> set[str]:
        """Executions with a result whose kernel never had them: somebody claimed them to cancel."""
        ids = sorted({str(one.event.execution_id) for one in about if isinstance(one.event.body, Finished)})
        if not ids:
            return set()
        with translated():
            owners: Any = self._client.mget([keys.claim(kernel_of(one), one) for one in ids])
        return {one for one, owner in zip(ids, owners, strict=True) if owner == CANCELLED.encode()}

    def _commit(self, about: list[About]) -> Effects:
        """All in one write; one by one where one of them cannot be written."""
        if not about:
            return Effects()
        try:
            return self._write(about)
        except Unavailable:
            raise
        except Exception as error:
            if len(about) == 1:
                return self._without(about[0], error)
            effects = Effects()
            for one in about:
                effects.add(self._commit([one]))
            return effects

    def _write(self, about: Iterable[About]) -> Effects:
        effects = Effects()
        with self._services.ledger.write() as session:
            for one in about:
                HANDLERS[type(one.event.body)](session, one, one.event.body, effects)
            executions.write_endings(session, effects)
        return effects

    def _without(self, one: About, error: Exception) -> Effects:
        """An event that cannot be written must not stop those behind it, nor keep its execution open."""
        why = error.message if isinstance(error, HuskError) else repr(error)[:LONGEST_REASON]
        log.error("kernel %s: a %s event was dropped: %s", one.uid, one.event.type, why)
        effects = Effects()
        if not isinstance(one.event.body, Finished):
            return effects
        try:
            with self._services.ledger.write() as session:
                executions.end_bare(session, one, effects)
        except NotFound:
            effects.ended[one.uid] = [str(one.event.execution_id)]
        return effects

    def _tell(self, entries: list[Entry], effects: Effects) -> None:
        pipe = self._client.pipeline(transaction=False)
        acknowledge(pipe, EVENTS, entries)
        for uid, ids in effects.ended.items():
            for start in range(0, len(ids), MOST_ACKNOWLEDGED):
                pipe.rpush(keys.ctl(uid), encode_tagged(Acknowledge(ids[start : start + MOST_ACKNOWLEDGED])))
        for uid in self._to_tell(effects.changed):
            wake(pipe, uid)
        with translated():
            pipe.execute()
            self._trimmer.trim({entry.uid for entry in entries}, time.monotonic())

    def _to_tell(self, changed: set[str]) -> list[str]:
        """Those of which nothing was told for ``keys.WAKE_EVERY_MS``."""
        now = time.monotonic()
        old = now - keys.WAKE_EVERY_MS / 1000
        self._told = {uid: at for uid, at in self._told.items() if at > old}
        fresh = sorted(changed - self._told.keys())
        self._told.update(dict.fromkeys(fresh, now))
        return fresh


def _worth_writing(about: list[About]) -> list[About]:
    """Without what is not the recorder's, and without starts whose end is here too."""
    ended = {one.event.execution_id for one in about if isinstance(one.event.body, Finished)}
    return [one for one in about if _is_worth_writing(one, ended)]


def _is_worth_writing(one: About, ended: set[str | None]) -> bool:
    body = one.event.body
    if type(body) not in HANDLERS or (isinstance(body, OF_AN_EXECUTION) and one.event.execution_id is None):
        return False
    return not (isinstance(body, Started) and one.event.execution_id in ended)


def _body(services: Services, stopped: threading.Event) -> None:
    Recorder(services, make_raw_redis(services.settings)).run(stopped)


def main(_argv: list[str]) -> int:
    """The exit code: serve until a signal."""
    return serve("recorder", _body)
