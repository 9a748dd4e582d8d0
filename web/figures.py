"""Figures of the system for admins: of the ledger by bounded queries, and of Redis. Kept for a moment."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from broker_config.wire.errors import HuskError
from broker_config.wire.states import KernelState
from tasks.figures import letters, sampling
from tasks.figures.heartbeats import newest_pulses
from tasks.figures.processes import Process, processes, ticks
from tasks.figures.waiting import Waiting, control_queues
from tasks.ledger import figures, kernels, policies
from tasks.ledger.figures import MOST_ENDED, KernelQueue
from tasks.ledger.models import Kernel
from tasks.services import Services
from web.api.shapes.basic import moment
from web.live.slots import Slots
from web.minutes import MINUTE_S, minutes
from web.owners import Owners

FRESH_S = 2.0
MINUTES_FRESH_S = 5.0
"""What ended is looked through less often: there may be many thousands."""
SHOWN_S = 3_600.0
MOST_KERNELS = 100
NEWEST_MINUTES = 2
"""So many may still change, so many are told to who has the rest."""

log = logging.getLogger(__name__)


class Figures:
    """One look serves everybody for ``FRESH_S``; safe for threads."""

    def __init__(self, services: Services, owners: Owners, slots: Slots) -> None:
        self._services = services
        self._owners = owners
        self._slots = slots
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._at = 0.0
        self._minutes: tuple[list[dict[str, Any]], float] = ([], 0.0)
        self._minutes_at = -MINUTES_FRESH_S

    def get(self) -> dict[str, Any]:
        """All of them, with an hour of minutes and samples.

        Raises:
            Unavailable: Redis or the database is away.
        """
        now = self._now()
        return {**now, "samples": [_sample(one) for one in sampling.samples(self._services.redis)]}

    def newest(self) -> dict[str, Any] | None:
        """What is new in them, for who has the rest. Never waits: what it finds is told next time."""
        if time.monotonic() - self._at > FRESH_S and self._looking.acquire(blocking=False):
            threading.Thread(target=self._look_aside, name="figures", daemon=True).start()
        known = self._known
        return None if known is None else {**known, "minutes": known["minutes"][-NEWEST_MINUTES:]}

    def _look_aside(self) -> None:
        try:
            self._now()
        except HuskError as error:
            log.debug("figures were not looked at: %s", error.message)
        except Exception:
            log.exception("looking at figures failed")
        finally:
            self._looking.release()

    def _now(self) -> dict[str, Any]:
        with self._lock:
            if self._known is None or time.monotonic() - self._at > FRESH_S:
                self._known = self._look()
                self._at = time.monotonic()
            return self._known

    def _look(self) -> dict[str, Any]:
        services, now = self._services, time.time()
        control, taken = control_queues(services.redis)
        with services.ledger.read() as session:
            alive, queues = kernels.alive(session), figures.kernel_queues(session)
            states, opened = figures.by_state(session), figures.opened(session)
            restarts, idle_stops = policies.totals(session)
            named = {row.uid: row for row in kernels.there(session, [one.kernel_uid for one in queues])}
        ended, since = self._ended(now)
        seen = ticks(services.redis)
        return {
            "at": now,
            "queues": [
                *(_control(one, seen.get(one.queue), now) for one in control),
                *(_of_kernel(one, named.get(one.kernel_uid), now) for one in queues),
            ],
            "in_hand": taken,
            "processes": [_process(one, now) for one in processes(services.redis)],
            "kernels": self._kernels(alive, now),
            "kernels_by_state": dict(states),
            "executions_open": {"waiting": opened.waiting, "running": opened.running},
            "kernel_restarts": restarts,
            "kernel_idle_stops": idle_stops,
            "event_streams": self._slots.open,
            "dead_letters": letters.letters(services.redis, 0, 1)[1],
            "minutes": ended,
            "minutes_since": since,
            "samples": [_sample(one) for one in sampling.samples(services.redis, 1)],
        }

    def _ended(self, now: float) -> tuple[list[dict[str, Any]], float]:
        """Minutes, and since when they are all there: where more ended than is read, not for a whole hour."""
        if time.monotonic() - self._minutes_at > MINUTES_FRESH_S:
            begin = now // MINUTE_S * MINUTE_S - SHOWN_S + MINUTE_S
            with self._services.ledger.read() as session:
                rows = figures.ended(session, begin)
            found = minutes(rows)
            if len(rows) == MOST_ENDED:
                begin = found[min(1, len(found) - 1)]["at"]
                found = [one for one in found if one["at"] >= begin]
            self._minutes, self._minutes_at = (found, begin), time.monotonic()
        return self._minutes

    def _kernels(self, rows: list[Kernel], now: float) -> list[dict[str, Any]]:
        pulses = newest_pulses(self._services.redis, [row.uid for row in rows], fresh_s=SHOWN_S)
        shown = []
        for row in rows:
            pulse = pulses.get(row.uid)
            told = {
                "heartbeat_s": None if pulse is None else round(max(0.0, now - pulse.at), 1),
                "memory_bytes": None if pulse is None else pulse.memory_bytes,
                "memory_limit_bytes": None if pulse is None else pulse.memory_limit_bytes,
            }
            whose = {"id": row.slug, "name": row.name, "owner": self._owners.name(row.owner_id)}
            busy = row.state == KernelState.READY and pulse is not None and pulse.execution_id is not None
            state = KernelState.EXECUTING.value if busy else row.state
            shown.append({"uid": row.uid, **whose, "state": state, **told})
        return sorted(shown, key=lambda one: one["memory_bytes"] or 0, reverse=True)[:MOST_KERNELS]


def _control(one: Waiting, ticked_at: float | None, now: float) -> dict[str, Any]:
    ages = {"oldest_s": _age(one.oldest_at, now), "last_tick_s": _age(ticked_at, now)}
    return {"queue": one.queue, "work": "control", "kernel": None, "length": one.length, **ages}


def _of_kernel(one: KernelQueue, row: Kernel | None, now: float) -> dict[str, Any]:
    work = "cells" if one.interactive else "batch"
    kernel = None if row is None else {"uid": row.uid, "name": row.name, "state": row.state}
    ages = {"oldest_s": _age(one.oldest_at, now), "last_tick_s": None}
    name = f"kernel.{one.kernel_uid}" + ("" if one.interactive else ".batch")
    return {"queue": name, "work": work, "kernel": kernel, "length": one.length, **ages}


def _process(one: Process, now: float) -> dict[str, Any]:
    about = {"role": one.role, "host": one.host, "pid": one.pid, "alive": one.alive}
    return {**about, "started_at": moment(one.started_at), "heartbeat_s": _age(one.at, now)}


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else round(max(0.0, now - at), 1)


def _sample(one: sampling.Sample) -> dict[str, Any]:
    names = ("at", "used", "limit", "waiting", "running", "control")
    return {name: getattr(one, name) for name in names}
