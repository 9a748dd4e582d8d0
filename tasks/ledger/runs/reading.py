"""Runs as people read them. A run is its owner's; an admin sees all. A deleted flow's runs stay readable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.batches import batched
from tasks.ledger.models import NodeRun, Run, RunGroup, User

OPEN_STATES = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs; None: any."""

    flow_id: str | None = None
    state: str | None = None
    trigger: str | None = None
    schedule_id: str | None = None
    group_id: str | None = None


def get(s: Session, run_id: str) -> Run | None:
    """The run of an id."""
    return s.get(Run, run_id)


def visible(s: Session, user: User, run_id: str) -> Run:
    """The run of an id, if it is this user's; an admin sees all.

    Raises:
        NotFound: none, or somebody else's.
    """
    found = s.scalars(_mine(user).where(Run.id == run_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such run")
    return found


def visible_group(s: Session, user: User, group_id: str) -> RunGroup:
    """The group of an id, if it is this user's; an admin sees all.

    Raises:
        NotFound: none, or somebody else's.
    """
    found = s.get(RunGroup, group_id)
    if found is None or (found.owner_id != user.id and user.role != "admin"):
        raise NotFound("there is no such group of runs")
    return found


def page(
    s: Session, user: User, wanted: Filter, after: str | None, limit: int, all: bool = False
) -> tuple[list[Run], str | None]:
    """A user's runs, the newest first, and the next cursor; an admin may ask for everybody's.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Run)
    if not (all and user.role == "admin"):
        query = query.where(Run.owner_id == user.id)
    for name in Filter.__slots__:
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(Run, name) == value)
    if after is not None:
        query = query.where(tuple_(Run.created_at, Run.id) < tuple_(*pages.decode(after, float, str)))
    query = query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit + 1)
    return pages.cut(s.scalars(query).all(), limit, lambda run: [run.created_at, run.id])


def node_rows(s: Session, run_id: str, node_id: str | None = None) -> list[NodeRun]:
    """All attempts at the nodes of a run, or at one of them, by node and attempt."""
    query = select(NodeRun).where(NodeRun.run_id == run_id)
    if node_id is not None:
        query = query.where(NodeRun.node_id == node_id)
    return list(s.scalars(query.order_by(NodeRun.node_id, NodeRun.attempt)))


def newest_rows(s: Session, run_id: str) -> dict[str, NodeRun]:
    """The latest attempt at each node that has one; the others are pending."""
    return {row.node_id: row for row in node_rows(s, run_id)}


def counts(s: Session, run_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many nodes of each of these runs are in which state, by their latest attempts.

    Nodes without an attempt are not counted: they are pending.
    """
    found: dict[str, dict[str, int]] = {one: {} for one in run_ids}
    for some in batched(sorted(run_ids)):
        latest = (
            select(NodeRun.run_id, NodeRun.node_id, func.max(NodeRun.attempt).label("attempt"))
            .where(NodeRun.run_id.in_(some))
            .group_by(NodeRun.run_id, NodeRun.node_id)
            .subquery()
        )
        query = (
            select(NodeRun.run_id, NodeRun.state, func.count())
            .join(
                latest,
                (NodeRun.run_id == latest.c.run_id)
                & (NodeRun.node_id == latest.c.node_id)
                & (NodeRun.attempt == latest.c.attempt),
            )
            .group_by(NodeRun.run_id, NodeRun.state)
        )
        for run_id, state, number in s.execute(query):
            found[run_id][state] = int(number)
    return found


def of_schedule(s: Session, schedule_id: str, states: Sequence[str] = OPEN_STATES) -> list[Run]:
    """A schedule's runs in these states, the oldest first."""
    query = select(Run).where(Run.schedule_id == schedule_id, Run.state.in_(states))
    return list(s.scalars(query.order_by(Run.created_at, Run.id)))


def _mine(user: User) -> Select[Run]:
    return select(Run) if user.role == "admin" else select(Run).where(Run.owner_id == user.id)
