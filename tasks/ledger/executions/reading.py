"""Reading executions. A deleted kernel's are still its owner's, and not shared any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.executions.of_cells import newest_of_their_cells
from tasks.ledger.models import Execution, Finalized, Flow, Kernel, Run, User
from tasks.ledger.shares import shared_uids

Rows = Select[Execution]


@dataclass(frozen=True, slots=True)
class Brief:
    """An execution without its code, which may be large. ``run_id``: of the flow's run, of its nodes."""

    id: str
    kernel_uid: str
    owner_id: int
    flow_id: str
    node_id: str | None
    interactive: bool
    status: str
    run_id: str | None


_IN_SHORT = [getattr(Execution, name) for name in Brief.__slots__]
# Whoever asks may be a node of a run, whose version is not the newest.
_ASKING = (
    select(Kernel, Flow.version, Run.flow_version, Finalized.answer, *_IN_SHORT)
    .select_from(Execution)
    .join(Kernel, Kernel.uid == Execution.kernel_uid)
    .outerjoin(
        Flow,
        (Flow.id == Execution.flow_id) & (Flow.owner_id == Execution.owner_id) & Flow.deleted_at.is_(None),
    )
    .outerjoin(Run, Run.id == Execution.run_id)
    .outerjoin(Finalized, Finalized.execution_id == Execution.id)
)


class Asking(NamedTuple):
    """Who asks the desk. ``version``: of its flow; None where the kernel's owner has it not saved (any more).

    ``finalized``: what was answered when it was; None: it was not.
    """

    execution: Brief
    kernel: Kernel
    version: int | None
    finalized: dict[str, Any] | None


def asking(s: Session, execution_id: str) -> Asking | None:
    """An execution with its kernel, and what it belongs to, in one statement."""
    found = s.execute(_ASKING.where(Execution.id == execution_id)).one_or_none()
    if found is None:
        return None
    kernel, newest, of_run, finalized, *brief = found
    one = Brief(*brief)
    version = newest if one.run_id is None or newest is None else of_run
    return Asking(one, kernel, version, finalized)


def get(s: Session, execution_id: str) -> Execution | None:
    """The execution of an id."""
    return s.get(Execution, execution_id)


def many(s: Session, ids: Sequence[str]) -> list[Execution]:
    """The executions of these ids that there are, in no order."""
    return list(s.scalars(select(Execution).where(Execution.id.in_(ids)))) if ids else []


def by_key(s: Session, kernel_uid: str, idempotency_key: str) -> Execution | None:
    """The execution that used this key on a kernel."""
    here = (Execution.kernel_uid == kernel_uid, Execution.idempotency_key == idempotency_key)
    return s.scalars(select(Execution).where(*here)).one_or_none()


def visible(s: Session, user: User, execution_id: str) -> Execution:
    """The execution of an id, if it is on a kernel that this user may see; an admin sees all.

    Raises:
        NotFound: none, or somebody else's.
    """
    query = select(Execution).where(Execution.id == execution_id)
    if user.role != "admin":
        query = query.where(_mine(user))
    found = s.scalars(query).one_or_none()
    if found is None:
        raise NotFound("there is no such execution")
    return found


def visible_of(s: Session, user: User, ids: Sequence[str]) -> list[Execution]:
    """Those of these ids that a user may see, in the order of the ids."""
    query = select(Execution).where(Execution.id.in_(ids))
    if user.role != "admin":
        query = query.where(_mine(user))
    found = {row.id: row for row in s.scalars(query)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


class Wanted(TypedDict, total=False):
    """Which executions. ``newest_of_cells``: of each cell that has an id only the newest.

    ``of_runs`` False: none that is a node of a flow's run.
    """

    kernel_uid: str | None
    flow_id: str | None
    node_id: str | None
    status: str | None
    newest_of_cells: bool
    of_runs: bool


def page(
    s: Session, user: User, *, after: str | None = None, limit: int, **wanted: Unpack[Wanted]
) -> tuple[list[Execution], str | None]:
    """Executions on a user's own and shared kernels, newest first, and the next cursor.

    An admin may name anybody's kernel.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Execution)
    for column in (Execution.flow_id, Execution.node_id, Execution.status):
        value = wanted.get(column.key)
        if value is not None:
            query = query.where(column == value)
    if wanted.get("newest_of_cells"):
        query = query.where(newest_of_their_cells(user))
    if not wanted.get("of_runs", True):
        query = query.where(Execution.run_id.is_(None))
    kernel_uid = wanted.get("kernel_uid")
    if kernel_uid is None:
        return _newest(s, user, query, after, limit)
    if user.role != "admin":
        query = query.where(_mine(user))
    return _last(s, query.where(Execution.kernel_uid == kernel_uid), after, limit)


def _mine(user: User) -> ColumnElement[bool]:
    return or_(Execution.owner_id == user.id, Execution.kernel_uid.in_(_shared(user)))


def _shared(user: User) -> Select[str]:
    """Uids of kernels that are there and shared with a user."""
    return select(Kernel.uid).where(Kernel.deleted_at.is_(None), Kernel.uid.in_(shared_uids(user)))


def _last(s: Session, query: Rows, after: str | None, limit: int) -> tuple[list[Execution], str | None]:
    """Of one kernel: seq is the order."""
    if after is not None:
        query = query.where(Execution.seq < pages.decode(after, int)[0])
    rows = s.scalars(query.order_by(Execution.seq.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.seq])


def _newest(
    s: Session, user: User, query: Rows, after: str | None, limit: int
) -> tuple[list[Execution], str | None]:
    """Of many kernels: time is the order, then seq within a batch.

    One's own and the shared ones are asked for apart: with both in one term no index gives the order.
    """
    key = (Execution.submitted_at, Execution.seq, Execution.id)
    if after is not None:
        query = query.where(tuple_(*key) < tuple_(*pages.decode(after, float, int, str)))
    query = query.order_by(*(column.desc() for column in key)).limit(limit + 1)
    rows = list(s.scalars(query.where(Execution.owner_id == user.id)))
    shared = list(s.scalars(_shared(user)))
    if shared:
        rows += s.scalars(query.where(Execution.kernel_uid.in_(shared)))
        rows.sort(key=lambda row: (row.submitted_at, row.seq, row.id), reverse=True)
    return pages.cut(rows[: limit + 1], limit, lambda row: [row.submitted_at, row.seq, row.id])
