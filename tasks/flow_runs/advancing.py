"""A look at a run: read, decide, write, then tell. Late, twice or by two at once, it does no harm.

What it writes counts only if nobody changed the run since it was read, so that a node is begun once. What it
tells after the commit may be lost: executions by the outbox, the rest by the next look.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from broker_config.wire.errors import Conflict, Unavailable
from broker_config.wire.messages import EndRun
from broker_config.wire.states import NodeRunState
from tasks import asking, failpoints
from tasks.control_list import tell
from tasks.flow_runs.asking import wake_run
from tasks.flow_runs.beginning import apply
from tasks.flow_runs.committing import Lost, Refused, Written, write
from tasks.flow_runs.looked import Look, read
from tasks.flow_runs.observing import observe
from tasks.flow_runs.reusing import take_over
from tasks.flow_runs.stopping import KILL_AFTER_S, stop
from tasks.ledger import runs
from tasks.ledger.session import Session
from tasks.planning import Rules, decide
from tasks.services import Services
from tasks.submission import publish_committed
from tasks.waking import wake_run_pages

LOOK_S = 5.0
"""An open run is looked at so often at least: an event may have been lost."""
SOON_S = 1.0
TRIES = 20
MOST_ROUNDS = 64
"""Decisions in one look: nodes that need not be run end as soon as they begin."""

UNUSED = frozenset({NodeRunState.SKIPPED, NodeRunState.CACHED})
"""Nodes of which no kernel has heard."""

log = logging.getLogger(__name__)


def advance(services: Services, run_id: str) -> None:
    """Look at a run until there is nothing to decide now.

    Raises:
        Unavailable: the database is away. NotFound: the run's version is gone.
    """
    refused: dict[str, str] = {}
    lost = 0
    while lost < TRIES:
        try:
            if not _look(services, run_id, refused):
                return
        except Lost:
            lost += 1
        except Refused as error:
            refused[error.uid] = error.words
    log.warning("run %s: changed by others again and again; it is looked at later", run_id)


def _look(services: Services, run_id: str, refused: Mapping[str, str]) -> bool:
    """One look; whether another one has to follow at once."""
    with services.ledger.read() as s:
        look = read(s, run_id, time.time(), refused)
        if look is None:
            return False
        observe(s, look)
        _decide(s, look)
    if look.changes_something:
        failpoints.reach("run.decided")
        try:
            written = write(services, look)
        except Conflict as error:
            raise Lost from error
        _tell(services, look, written)
    elif look.due_at != look.run.due_at:
        with services.ledger.write() as s:
            runs.look_again_at(s, run_id, look.run.revision, look.due_at)
    return stop(services, look) or look.unfinished


def _decide(s: Session, look: Look) -> None:
    if look.is_first and look.run.resumed_from is not None:
        take_over(s, look)
    graph, options = look.version.graph, look.options
    wanted = graph.needed_for(options.targets) if options.targets else None
    rules = Rules(look.run.kernels, options.max_parallel, wanted=wanted, seed=look.run.id)
    cancelled = look.run.cancel_requested_at is not None
    look.unfinished = True
    for _ in range(MOST_ROUNDS):
        decision = decide(
            graph,
            look.states,
            rules,
            look.now,
            cancelled=cancelled,
            timed_out=not cancelled and look.ended_at is not None,
        )
        look.outcome = decision.outcome
        if not apply(s, look, decision):
            look.unfinished = False
            break
    look.due_at = _next_look(look, decision.wait_until)


def _next_look(look: Look, wait_until: float | None) -> float:
    """When time alone asks for another look."""
    times = [look.now + LOOK_S]
    if wait_until is not None:
        times.append(wait_until)
    if look.stuck:
        times.append(look.now + SOON_S)
    if look.ended_at is None:
        times += [look.deadline] if look.deadline is not None else []
    elif look.stops:
        kill_at = look.ended_at + KILL_AFTER_S
        times.append(kill_at if kill_at > look.now else look.now + SOON_S)
    return min(times)


def _tell(services: Services, look: Look, written: Written) -> None:
    run = look.run
    failpoints.reach("run.committed")
    for uid, committed in written.queued:
        publish_committed(services, uid, committed)
    failpoints.reach("run.published")
    for uid, nonce in written.wishes.items():
        asking.tell(services, uid, nonce)
    if look.outcome is not None:
        failpoints.reach("run.ended")
        _end_namespaces(services, look)
        for other in written.wake:
            wake_run(services, other)
    wake_run_pages(services.redis, run.id, run.owner_id)


def _end_namespaces(services: Services, look: Look) -> None:
    """What the run's cells left in kernels may go; who does not hear of it forgets it by and by."""
    used = {look.run.kernels[node] for node, seen in look.states.items() if seen.state not in UNUSED}
    try:
        for uid in sorted(used):
            tell(services.redis, uid, EndRun(look.run.id))
    except Unavailable as error:
        log.warning("run %s: its namespaces stay for a while: %s", look.run.id, error)
