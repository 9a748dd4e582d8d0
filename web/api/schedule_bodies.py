"""What a schedule is asked to be."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any

from pydantic import Field

from broker_config.wire.errors import BadField
from tasks import cron
from tasks.schedules.drafts import Draft
from tasks.schedules.policy import LONGEST_DELAY_S, MOST_CAUGHT_UP, MOST_RETRIES, CatchUp, Overlap, Policy
from tasks.schedules.specs import EVENTS, Kind, moment
from web.api.shapes.schedules import CatchUps, Kinds, Overlaps
from web.validation.fields import Flag, LongName, PageQuery, Seconds, Strict, Whole

MOST_NEXT = 100
NULLABLE = frozenset({"timeout_s", "start_at", "end_at"})
POLICY = tuple(one.name for one in fields(Policy))
NO_DEFAULTS = "left out it stays as it is; null is no value"
SPEC = (
    '`{"cron": "30 6 * * 1-5"}`, `{"every_s": 3600}`, `{"at": "2026-12-01T06:00:00"}`, '
    '`{"prefix": "inbox/", "pattern"?: "*.csv", "parameter"?: "path"}` or `{"flow_id": …}`, by kind'
)
LOCAL = "ISO 8601; without an offset it is local in `timezone`"

Zone = Annotated[str, Field(min_length=1, max_length=64, description="IANA name, as Europe/Amsterdam")]
Limit = Annotated[int, Field(ge=1, le=MOST_CAUGHT_UP, description="Slots made up for with `all`, at most")]
Retries = Annotated[int, Field(ge=0, le=MOST_RETRIES, description="Of a run that failed or timed out")]
Delay = Annotated[
    float, Field(ge=1, le=LONGEST_DELAY_S, description="Before the first retry; doubles each time")
]
Time = Annotated[str, Field(min_length=1, max_length=40, description=LOCAL)]


class ScheduleBody(Strict):
    """A schedule of a flow."""

    name: LongName
    kind: Kinds
    spec: dict[str, Any] = Field(description=SPEC)
    timezone: Zone = "UTC"
    parameters: dict[str, Any] = Field({}, description="Of its runs")
    options: dict[str, Any] = Field({}, description="Of its runs, as of one that a person starts")
    overlap: Overlaps | None = Field(
        None, description="While its last run is under way; null: `queue` for files and flows, else `skip`"
    )
    catch_up: CatchUps = Field("last", description="Slots that passed while nothing of Husk ran")
    catch_up_limit: Limit = 10
    retries: Retries = 0
    retry_delay_s: Delay = 60.0
    timeout_s: Seconds | None = Field(None, description="Of each run")
    paused: bool = False
    start_at: Time | None = Field(None, description=f"No slot before. {LOCAL}")
    end_at: Time | None = Field(None, description=f"No slot after. {LOCAL}")


class ScheduleChange(Strict):
    """What changes of a schedule; what is left out stays."""

    name: LongName | None = None
    kind: Kinds | None = None
    spec: dict[str, Any] | None = None
    timezone: Zone | None = None
    parameters: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    overlap: Overlaps | None = None
    catch_up: CatchUps | None = None
    catch_up_limit: Limit | None = None
    retries: Retries | None = None
    retry_delay_s: Delay | None = None
    timeout_s: Seconds | None = None
    paused: bool | None = None
    start_at: Time | None = None
    end_at: Time | None = None


class SchedulesQuery(PageQuery):
    """Which schedules."""

    all: Flag = Field(False, description="Everybody's, for an admin")


class NextQuery(Strict):
    """How many slots."""

    count: Whole = Field(5, description=f"1 to {MOST_NEXT}")


def draft_from(body: ScheduleBody) -> Draft:
    """What a body asks for; its spec is not looked at yet.

    Raises:
        BadField: ``timezone``, ``start_at`` or ``end_at``.
    """
    kind = Kind(body.kind)
    overlap = body.overlap or ("queue" if kind in EVENTS else "skip")
    policy = Policy(
        Overlap(overlap),
        CatchUp(body.catch_up),
        body.catch_up_limit,
        body.retries,
        body.retry_delay_s,
        body.timeout_s,
    )
    return Draft(
        name=body.name,
        kind=kind,
        spec=body.spec,
        timezone=body.timezone,
        parameters=body.parameters,
        options=body.options,
        policy=policy,
        start_at=_bound(body.start_at, body.timezone, "start_at"),
        end_at=_bound(body.end_at, body.timezone, "end_at"),
    )


def changed(draft: Draft, change: ScheduleChange) -> Draft:
    """A draft with what a change says.

    Raises:
        BadField: a null that means nothing; ``timezone``, ``start_at`` or ``end_at``.
    """
    said = {name: getattr(change, name) for name in change.model_fields_set}
    nothing = next((name for name, value in said.items() if value is None and name not in NULLABLE), None)
    if nothing is not None:
        raise BadField(NO_DEFAULTS, nothing)
    said.pop("paused", None)
    rules = {name: said.pop(name) for name in POLICY if name in said}
    zone = said.get("timezone", draft.timezone)
    bounds: dict[str, Any] = {
        name: _bound(said[name], zone, name) for name in ("start_at", "end_at") if name in said
    }
    if "kind" in said:
        said["kind"] = Kind(said["kind"])
    policy = Policy.read({**draft.policy.plain(), **rules})
    values: dict[str, Any] = {**said, **bounds, "policy": policy}
    return replace(draft, **values)


def _bound(text: str | None, timezone: str, field: str) -> float | None:
    return None if text is None else moment(text, cron.zone(timezone), field)
