"""Schedules. A schedule is its flow's owner's; an admin sees all."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.batches import batched
from tasks.ledger.models import Flow, Schedule, SharedFile, User


def visible(s: Session, user: User, schedule_id: str) -> Schedule:
    """The schedule of an id, if it is this user's; an admin sees all.

    Raises:
        NotFound: none, deleted, or somebody else's.
    """
    found = s.scalars(_mine(user).where(Schedule.id == schedule_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such schedule")
    return found


def get(s: Session, schedule_id: str) -> Schedule | None:
    """The schedule of an id, if it is not deleted."""
    found = s.get(Schedule, schedule_id)
    return None if found is None or found.deleted_at is not None else found


def locked(s: Session, schedule_id: str) -> Schedule | None:
    """A schedule that nobody else changes until the transaction ends; None: it is gone."""
    query = select(Schedule).where(Schedule.id == schedule_id, Schedule.deleted_at.is_(None))
    return s.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()


def page(
    s: Session, user: User, after: str | None, limit: int, flow_id: str | None = None, all: bool = False
) -> tuple[list[Schedule], str | None]:
    """A user's schedules, the oldest first, and the next cursor; an admin may ask for everybody's.

    With ``flow_id`` those of that flow, whoever's it is.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Schedule).where(Schedule.deleted_at.is_(None))
    if flow_id is not None:
        query = query.where(Schedule.flow_id == flow_id)
    elif not (all and user.role == "admin"):
        query = query.where(Schedule.owner_id == user.id)
    if after is not None:
        query = query.where(
            tuple_(Schedule.created_at, Schedule.id) > tuple_(*pages.decode(after, float, str))
        )
    rows = s.scalars(query.order_by(Schedule.created_at, Schedule.id).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.created_at, row.id])


def count(s: Session, owner_id: int) -> int:
    """How many an owner has."""
    here = (Schedule.owner_id == owner_id, Schedule.deleted_at.is_(None))
    return s.scalar(select(func.count()).select_from(Schedule).where(*here)) or 0


def flow_edges(s: Session, owner_id: int, but: str | None) -> list[tuple[str, str]]:
    """(flow that is waited for, flow that runs then) of an owner's schedules, ``but`` one."""
    query = select(Schedule.source_flow_id, Schedule.flow_id).where(
        Schedule.owner_id == owner_id, Schedule.source_flow_id.is_not(None), Schedule.deleted_at.is_(None)
    )
    if but is not None:
        query = query.where(Schedule.id != but)
    return [(str(source), str(flow)) for source, flow in s.execute(query)]


def due(s: Session, now: float, limit: int) -> list[Schedule]:
    """The schedules whose slot has come, the longest due first; what another tick holds is left to it."""
    query = select(Schedule).where(Schedule.next_at.is_not(None), Schedule.next_at <= now)
    query = query.order_by(Schedule.next_at, Schedule.id).limit(limit)
    return list(s.scalars(query.with_for_update(skip_locked=True, key_share=True)))


def any_due(s: Session, now: float) -> bool:
    """Whether a slot has come."""
    query = select(Schedule.id).where(Schedule.next_at.is_not(None), Schedule.next_at <= now)
    return s.scalar(query.limit(1)) is not None


def next_due(s: Session, after: float, until: float) -> float | None:
    """The first slot after a moment, and not after another; None: there is none."""
    query = select(func.min(Schedule.next_at)).where(Schedule.next_at > after, Schedule.next_at <= until)
    return s.scalar(query.where(Schedule.next_at.is_not(None)))


def waiting_for(s: Session, owner_id: int, flow_id: str) -> list[Schedule]:
    """An owner's armed schedules that wait for a success of that flow."""
    query = select(Schedule).where(
        Schedule.source_flow_id.is_not(None),
        Schedule.source_flow_id == flow_id,
        Schedule.owner_id == owner_id,
        Schedule.paused.is_(False),
        Schedule.deleted_at.is_(None),
    )
    return list(s.scalars(query.order_by(Schedule.id).with_for_update(key_share=True)))


def end_of_flow(s: Session, flow_id: str, now: float) -> None:
    """Delete a deleted flow's schedules; those that wait for it say why they do no more."""
    rest = {"next_at": None, "cursor": None, "updated_at": now, "revision": Schedule.revision + 1}
    of_it = update(Schedule).where(Schedule.flow_id == flow_id, Schedule.deleted_at.is_(None))
    s.execute(of_it.values(**rest, deleted_at=now))
    waits = update(Schedule).where(Schedule.source_flow_id == flow_id, Schedule.deleted_at.is_(None))
    s.execute(waits.values(error="the flow that it waits for was deleted: name another, or delete it"))


def owners(s: Session, ids: Collection[int]) -> dict[int, User]:
    """Accounts by their ids."""
    return {row.id: row for row in s.scalars(select(User).where(User.id.in_(ids)))}


def flow_names(s: Session, ids: Collection[str]) -> dict[str, str]:
    """Names of flows by their ids, of deleted ones, too."""
    found: dict[str, str] = {}
    for some in batched(sorted(ids)):
        found.update(
            {row[0]: row[1] for row in s.execute(select(Flow.id, Flow.name).where(Flow.id.in_(some)))}
        )
    return found


def newest_file_id(s: Session, owner_id: int) -> int:
    """The id of the newest version of an owner's shared files; 0: there is none."""
    return s.scalar(select(func.max(SharedFile.id)).where(SharedFile.owner_id == owner_id)) or 0


def new_files(s: Session, limit: int) -> list[SharedFile]:
    """Versions that schedules for files have not looked at, the oldest first."""
    armed = (
        select(Schedule.owner_id, func.min(Schedule.cursor).label("seen"))
        .where(Schedule.cursor.is_not(None))
        .group_by(Schedule.owner_id)
        .subquery()
    )
    query = select(SharedFile).join(
        armed, (SharedFile.owner_id == armed.c.owner_id) & (SharedFile.id > armed.c.seen)
    )
    return list(s.scalars(query.order_by(SharedFile.id).limit(limit)))


def for_files(s: Session, owner_ids: Collection[int]) -> list[Schedule]:
    """These owners' armed schedules for files; what another tick holds is left to it."""
    query = select(Schedule).where(Schedule.cursor.is_not(None), Schedule.owner_id.in_(owner_ids))
    return list(s.scalars(query.order_by(Schedule.id).with_for_update(skip_locked=True, key_share=True)))


def _mine(user: User) -> Select[Schedule]:
    query = select(Schedule).where(Schedule.deleted_at.is_(None))
    return query if user.role == "admin" else query.where(Schedule.owner_id == user.id)
