"""What a list of flows tells of each: how large it is, how it ran last, when it runs next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import JSON, func, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from tasks.ledger.batches import batched
from tasks.ledger.models import Flow, FlowVersion, Run, Schedule


@dataclass(frozen=True, slots=True)
class Overview:
    """Of one flow. ``next_at``: the next slot of its schedules that are not paused, as Unix time."""

    nodes: int = 0
    last_run: Run | None = None
    next_at: float | None = None


def of(s: Session, flows: Sequence[Flow]) -> dict[str, Overview]:
    """Overviews by the flows' ids; no document is read for them."""
    found: dict[str, Overview] = {}
    for some in batched([(flow.id, flow.version) for flow in flows]):
        ids = [flow_id for flow_id, _ in some]
        sizes, last, following = _sizes(s, some), _last_runs(s, ids), _next_slots(s, ids)
        found |= {one: Overview(sizes.get(one, 0), last.get(one), following.get(one)) for one in ids}
    return found


def _sizes(s: Session, versions: Sequence[tuple[str, int]]) -> dict[str, int]:
    count = func.json_array_length(type_coerce(FlowVersion.document, JSON)["nodes"])
    key = tuple_(FlowVersion.flow_id, FlowVersion.version)
    return {
        flow_id: int(number)
        for flow_id, number in s.execute(select(FlowVersion.flow_id, count).where(key.in_(versions)))
    }


def _last_runs(s: Session, ids: Sequence[str]) -> dict[str, Run]:
    newest = (
        select(Run.id)
        .where(Run.flow_id == Flow.id)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(1)
        .correlate(Flow)
        .scalar_subquery()
    )
    wanted = select(newest).where(Flow.id.in_(ids))
    return {run.flow_id: run for run in s.scalars(select(Run).where(Run.id.in_(wanted)))}


def _next_slots(s: Session, ids: Sequence[str]) -> dict[str, float]:
    there = (Schedule.flow_id.in_(ids), Schedule.deleted_at.is_(None), Schedule.next_at.is_not(None))
    query = select(Schedule.flow_id, func.min(Schedule.next_at)).where(*there).group_by(Schedule.flow_id)
    return {flow_id: at for flow_id, at in s.execute(query) if at is not None}
