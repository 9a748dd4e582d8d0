"""Fires of schedules: slots that were claimed, and the runs that they made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tasks.ledger import pages
from tasks.ledger.batches import batched
from tasks.ledger.models import Base, Run, ScheduleFire

# Written out: SQLite uses the partial indexes only for such terms.
WAITS = or_(
    ScheduleFire.outcome == literal_column("'queued'"), ScheduleFire.outcome == literal_column("'waiting'")
)
OPEN = or_(Run.state == literal_column("'queued'"), Run.state == literal_column("'running'"))
_TABLE = Base.metadata.tables["schedule_fires"]
# Without objects of rows, and made once: a tick does this a hundred times.
_CLAIMS = {
    name: dialect.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_BECOME = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("fire"))
    .values({name: bindparam(name) for name in ("outcome", "run_id", "detail")})
)


def claim(
    s: Session, schedule_id: str, nominal_at: float, cause: str, now: float, **values: Any
) -> int | None:
    """Claim a slot by its row, whose id is given; None: it is claimed.

    Until ``become`` says what came of it, it is a slot that failed.
    """
    place = {"schedule_id": schedule_id, "nominal_at": nominal_at, "cause": cause, "claimed_at": now}
    unsaid = {"outcome": "failed", "detail": None, "run_id": None, "due_at": None}
    return (
        s.connection()
        .execute(_CLAIMS[s.get_bind().dialect.name], {**unsaid, **place, **values})
        .scalar_one_or_none()
    )


def become(s: Session, fire_id: int, outcome: str, run_id: str | None, detail: str | None) -> None:
    """Say what came of a slot that was just claimed."""
    s.connection().execute(
        _BECOME, {"fire": fire_id, "outcome": str(outcome), "run_id": run_id, "detail": detail}
    )


def page(
    s: Session, schedule_id: str, after: str | None, limit: int
) -> tuple[list[ScheduleFire], str | None]:
    """A schedule's fires, the newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(ScheduleFire).where(ScheduleFire.schedule_id == schedule_id)
    if after is not None:
        query = query.where(ScheduleFire.id < pages.decode(after, int)[0])
    rows = s.scalars(query.order_by(ScheduleFire.id.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.id])


def last_fires(s: Session, ids: Collection[str]) -> dict[str, ScheduleFire]:
    """The newest fire of each of these schedules that has one."""
    found: dict[str, ScheduleFire] = {}
    for some in batched(sorted(ids)):
        newest = (
            select(func.max(ScheduleFire.id))
            .where(ScheduleFire.schedule_id.in_(some))
            .group_by(ScheduleFire.schedule_id)
        )
        found.update(
            {
                row.schedule_id: row
                for row in s.scalars(select(ScheduleFire).where(ScheduleFire.id.in_(newest)))
            }
        )
    return found


def of_run(s: Session, run_id: str) -> ScheduleFire | None:
    """The fire that made a run."""
    return s.scalars(select(ScheduleFire).where(ScheduleFire.run_id == run_id)).first()


def queued_of_runs(s: Session, run_ids: Collection[str]) -> list[ScheduleFire]:
    """Fires of these runs that wait for the run before."""
    query = select(ScheduleFire).where(ScheduleFire.run_id.in_(run_ids), ScheduleFire.outcome == "queued")
    return list(s.scalars(query.order_by(ScheduleFire.id)))


def open_fires(s: Session, ids: Collection[str] | None = None) -> list[ScheduleFire]:
    """Fires that wait for a time or for a run, the oldest first; of these schedules, or of all."""
    query = select(ScheduleFire).where(WAITS)
    if ids is not None:
        query = query.where(ScheduleFire.schedule_id.in_(ids))
    return list(s.scalars(query.order_by(ScheduleFire.schedule_id, ScheduleFire.id)))


def settle(s: Session, fire_id: int, was: str, outcome: str, **values: Any) -> bool:
    """Change a waiting fire's outcome; False: somebody else did."""
    change = update(ScheduleFire).where(ScheduleFire.id == fire_id, ScheduleFire.outcome == was)
    done = change.values(outcome=outcome, **values).returning(ScheduleFire.id)
    return s.scalar(done, execution_options={"synchronize_session": False}) is not None


def drop(s: Session, fire_id: int, was: str) -> bool:
    """Remove a waiting fire, so that its place is claimed with what came of it; False: somebody else did."""
    gone = delete(ScheduleFire).where(ScheduleFire.id == fire_id, ScheduleFire.outcome == was)
    done = gone.returning(ScheduleFire.id)
    return s.scalar(done, execution_options={"synchronize_session": False}) is not None


def open_runs(s: Session, ids: Collection[str]) -> dict[str, list[str]]:
    """Ids of the open runs of each of these schedules, the oldest first."""
    found: dict[str, list[str]] = {one: [] for one in ids}
    for some in batched(sorted(ids)):
        query = select(Run.schedule_id, Run.id).where(OPEN, Run.schedule_id.in_(some))
        for schedule_id, run_id in s.execute(query.order_by(Run.created_at, Run.id)):
            found[str(schedule_id)].append(run_id)
    return found


def forget(s: Session, before: float, limit: int) -> bool:
    """Delete the oldest fires that were claimed before that time; whether there were any."""
    query = select(ScheduleFire.id, ScheduleFire.claimed_at, ScheduleFire.outcome)
    rows = s.execute(query.order_by(ScheduleFire.id).limit(limit)).all()
    old = [row.id for row in rows if row.claimed_at < before and row.outcome not in {"queued", "waiting"}]
    if old:
        s.execute(delete(ScheduleFire).where(ScheduleFire.id.in_(old)))
    return bool(old)


def oldest_fire_at(s: Session) -> float | None:
    """When the oldest fire was claimed."""
    return s.scalar(select(ScheduleFire.claimed_at).order_by(ScheduleFire.id).limit(1))
