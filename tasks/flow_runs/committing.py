"""Writing a look: in one transaction, and only if nobody has changed the run since it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from broker_config.wire.errors import NotFound, QuotaExceeded, Unavailable
from broker_config.wire.states import DesiredState, RunState
from tasks import asking
from tasks.flow_runs.ending import end, error_of
from tasks.flow_runs.looked import Look
from tasks.flow_runs.observing import GONE
from tasks.ledger import artifacts, executions, kernels, outputs, quotas, runs
from tasks.ledger.session import Session
from tasks.services import Services
from tasks.submission import Committed, takes_cells


class Lost(Exception):
    """Somebody else has changed the run since it was read."""


class Refused(Exception):
    """Nothing can begin on a kernel: it has to be decided again, knowing that."""

    def __init__(self, uid: str, words: str) -> None:
        super().__init__(uid, words)
        self.uid = uid
        self.words = words


@dataclass(slots=True)
class Written:
    """What has to be told once it is committed. ``wishes``: kernel → nonce for lifecycle; ``wake``: runs."""

    queued: list[tuple[str, Committed]] = field(default_factory=list)
    wishes: dict[str, str] = field(default_factory=dict)
    wake: list[str] = field(default_factory=list)


def write(services: Services, look: Look) -> Written:
    """Write what was decided.

    Raises:
        Lost: it has to be read again. Refused: it has to be decided again.
    """
    written = Written()
    with services.ledger.write() as s:
        wishes = {uid: _wish(services, s, uid) for uid in sorted(look.wishes)}
        woken = {uid: wish.note for uid, wish in wishes.items() if wish is not None}
        if not runs.swap(s, look.run.id, look.run.revision, _values(look, woken)):
            raise Lost
        if look.is_first:
            artifacts.begin_run(s, look.run.owner_id, look.run.flow_id, look.run.id)
        for source, node_id in look.copies:
            artifacts.copy_node(s, look.run.owner_id, source, look.run.id, node_id, look.now)
            outputs.copy_node(s, look.run.owner_id, source, look.run.id, node_id, look.now)
        _settle(s, look)
        runs.change_attempts(s, look.changed)
        runs.insert_attempts(s, look.new)
        written.queued = [(uid, _put(s, look, uid)) for uid in sorted(look.executions)]
        written.wishes = {uid: wish.nonce for uid, wish in wishes.items() if wish is not None}
        if look.outcome is not None:
            ended = end(s, look)
            written.wishes |= ended.stops
            written.wake = ended.wake
    return written


def _settle(s: Session, look: Look) -> None:
    """What follows from a node's success where it published nothing: then its kernel asked nobody."""
    for node_id, execution_id in look.good.items():
        artifacts.forget_earlier(s, look.run.owner_id, look.run.id, node_id, execution_id, look.now)
    for node_id, source in look.passed.items():
        execution_id = look.good[node_id]
        outputs.pass_through(s, look.run.owner_id, look.run.id, node_id, source, execution_id, look.now)


def _values(look: Look, woken: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {"due_at": look.due_at}
    if look.is_first:
        values |= {"state": RunState.RUNNING.value, "started_at": look.now, "deadline": look.deadline}
    if woken:
        values["woken"] = {**look.run.woken, **woken}
    if look.outcome is not None:
        values |= {"state": look.outcome.value, "finished_at": look.now, "due_at": None}
        values["error"] = error_of(look)
    return values


class _Wish(NamedTuple):
    """``nonce`` is lifecycle's; ``note`` the run's: the same, or "" for a kernel that is not to be stopped
    afterwards, since somebody wants it to run."""

    nonce: str
    note: str


def _wish(services: Services, s: Session, uid: str) -> _Wish | None:
    """Have a kernel started that is stopped or has failed; None: it runs, or somebody else wished it."""
    kernel = kernels.get(s, uid)
    if kernel is None or kernel.deleted_at is not None:
        raise Refused(uid, GONE)
    if takes_cells(kernel):
        return None
    wanted = kernel.desired_state == DesiredState.RUNNING
    try:
        quotas.check_start(s, kernel, quotas.quota_of(services.settings))
        nonce = asking.ask(s, kernel, DesiredState.RUNNING)
        return _Wish(nonce, "" if wanted else nonce)
    except NotFound:
        raise Refused(uid, GONE) from None
    except QuotaExceeded as error:
        raise Refused(uid, error.message) from None


def _put(s: Session, look: Look, uid: str) -> Committed:
    new = look.executions[uid]
    try:
        taken = executions.take(s, uid, len(new))
    except NotFound:
        raise Refused(uid, GONE) from None
    door = executions.door(s, uid, look.run.flow_id)
    if door is None:
        raise Unavailable(f"the kernel {uid} cannot be read")
    executions.put(s, new, taken, look.now)
    return Committed(door, new, taken)
