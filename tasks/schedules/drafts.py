"""A schedule as somebody wants it, and whether it can be so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from broker_config.wire.errors import BadField
from tasks import cron
from tasks.flow_runs.options import RunOptions
from tasks.flow_runs.parameters import values_of
from tasks.ledger import flows, schedules
from tasks.ledger.models import Flow, Schedule
from tasks.ledger.session import Session
from tasks.schedules.policy import Policy
from tasks.schedules.specs import EVENTS, Kind, When, check, next_slot


@dataclass(frozen=True, slots=True)
class Draft:
    """What people choose of a schedule. Bounds in unix seconds."""

    name: str
    kind: Kind
    spec: Mapping[str, Any]
    timezone: str = "UTC"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    start_at: float | None = None
    end_at: float | None = None

    def when(self, anchor: float) -> When:
        """Its time; intervals count from ``anchor``."""
        return When(self.kind, self.spec, self.timezone, anchor, self.start_at, self.end_at)


def draft_of(row: Schedule) -> Draft:
    """What was chosen of a schedule that there is."""
    return Draft(
        row.name,
        Kind(row.kind),
        row.spec,
        row.timezone,
        row.parameters,
        row.options,
        Policy.read(row.policy),
        row.start_at,
        row.end_at,
    )


def shaped(draft: Draft) -> Draft:
    """The draft with its spec and its options as they are kept; looks at nothing but itself.

    Raises:
        BadField: ``timezone``, ``spec.<name>`` or ``options.<name>``: no zone, or against its kind's rule.
    """
    spec = check(draft.kind, draft.spec, cron.zone(draft.timezone))
    return replace(draft, spec=spec, options=RunOptions.read(draft.options).plain())


def check_fires(draft: Draft, anchor: float, now: float) -> None:
    """Raise ``BadField`` where a shaped draft would never fire."""
    if draft.end_at is not None and draft.end_at <= max(now, draft.start_at or 0.0):
        raise BadField("the end is after the start, and not over yet", "end_at")
    if draft.kind not in EVENTS and next_slot(draft.when(anchor), now) is None:
        raise _never(draft)


def _never(draft: Draft) -> BadField:
    if draft.kind is Kind.ONCE:
        return BadField(
            "this time is over, or outside of start_at and end_at: it would never fire", "spec.at"
        )
    if draft.end_at is not None:
        return BadField("no slot is between the start and the end: it would never fire", "end_at")
    return BadField("it would never fire", "spec")


def check_flow(s: Session, flow: Flow, draft: Draft, but: str | None = None) -> None:
    """Whether a flow can be run so; ``but``: the schedule that is changed.

    Raises:
        BadField: ``parameters.<name>``, ``spec.parameter`` or ``spec.flow_id``.
    """
    declared = flows.newest(s, flow).document["parameters"]
    given = dict(draft.parameters)
    of_file = draft.spec.get("parameter") if draft.kind is Kind.FILE else None
    if of_file is not None:
        if of_file not in declared or declared[of_file].get("type") != "string":
            raise BadField("the flow has no parameter of this name and of the type string", "spec.parameter")
        given[of_file] = ""
    values_of(declared, given)
    if draft.kind is Kind.FLOW:
        _check_source(s, flow, str(draft.spec["flow_id"]), but)


def _check_source(s: Session, flow: Flow, source_id: str, but: str | None) -> None:
    source = s.get(Flow, source_id)
    if source is None or source.deleted_at is not None or source.owner_id != flow.owner_id:
        raise BadField("there is no such flow", "spec.flow_id")
    if source.id == flow.id:
        raise BadField("a flow cannot wait for itself", "spec.flow_id")
    round_ = circle(schedules.flow_edges(s, flow.owner_id, but), source.id, flow.id)
    if round_:
        named = schedules.flow_names(s, round_)
        raise BadField(
            f"flows would start each other for ever: {' → '.join(named[i] for i in round_)}", "spec.flow_id"
        )


def circle(edges: list[tuple[str, str]], source: str, flow: str) -> list[str]:
    """The flows of the circle that ``source`` → ``flow`` would close, the first at both ends; none: []."""
    after: dict[str, list[str]] = {}
    for one, other in edges:
        after.setdefault(one, []).append(other)
    came_from: dict[str, str] = {}
    reached = [flow]
    for at in reached:  # grows while it is walked
        for following in after.get(at, []):
            if following not in came_from and following != flow:
                came_from[following] = at
                reached.append(following)
    if source not in came_from:
        return []
    way = [source]
    while way[-1] != flow:
        way.append(came_from[way[-1]])
    return [source, *reversed(way)]
