"""Schedules in a ledger, ticks at any time, and runs that end when a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from broker_config.wire.states import RunState
from tasks import schedules as scheduling
from tasks.ledger import fires, flows, runs, schedules
from tasks.ledger.models import Flow, Run, Schedule, ScheduleFire, User
from tasks.ledger.session import Ledger
from tasks.schedules import editing
from tasks.schedules.drafts import Draft, draft_of
from tasks.schedules.policy import Policy
from tasks.schedules.specs import Kind
from tasks.services import Services
from tests.integration.flow_rows import document
from tests.integration.ledger_rows import add_kernel, add_user

START = 1_800_000_000.0  # 15 January 2027, 08:00 UTC: a whole minute


@dataclass
class SentTasks:
    """Notes what would be sent: no broker is needed to see what a tick does."""

    woken: list[str] = field(default_factory=list)

    def send_task(self, name: str, args: list[str], **_: Any) -> None:
        """As Celery's."""
        assert name == "flows.advance"
        self.woken += args


class Scheduling:
    """One person's flow on one kernel, its schedules and their runs."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.sent = SentTasks()
        # Only these two parts are used by a tick.
        self.services = Services(None, ledger, None, cast(Any, self.sent), None, None)  # type: ignore[arg-type]
        self.owner: User = add_user(ledger)
        self.kernel = add_kernel(ledger, self.owner)
        self.flow = self.add_flow()

    def add_flow(self, name: str = "nightly", **parameters: Any) -> Flow:
        """A flow of one node whose kernel there is."""
        content = {**document("a"), "default_kernel": "k", "parameters": parameters}
        with self.ledger.write() as s:
            return flows.create(s, self.owner, name, content, START - 100)

    def add(
        self, kind: str = "interval", spec: dict[str, Any] | None = None, now: float = START, **fields: Any
    ) -> str:
        """A schedule; its id. ``fields`` are the policy's or the draft's."""
        policy = {name: fields.pop(name) for name in Policy.__slots__ if name in fields}
        flow, paused = fields.pop("flow", self.flow), fields.pop("paused", False)
        draft = Draft(
            name="s",
            kind=Kind(kind),
            spec=spec or {"every_s": 60},
            policy=Policy.read({**Policy().plain(), **policy}),
            **fields,
        )
        with self.ledger.write() as s:
            return editing.create(s, self.owner, flow, draft, paused, now).id

    def change(self, schedule_id: str, now: float, paused: bool = False, **fields: Any) -> None:
        """Change it, as its owner does."""
        with self.ledger.write() as s:
            row = schedules.visible(s, self.owner, schedule_id)
            editing.change(s, row, replace(draft_of(row), **fields), paused, now)

    def tick(self, now: float) -> list[str]:
        """One tick at that time; ids of the runs that were woken."""
        before = len(self.sent.woken)
        scheduling.tick(self.services, now)
        return self.sent.woken[before:]

    def tick_by_the_clock(self) -> None:
        """One tick, as beat asks for it."""
        scheduling.tick(self.services)

    def end(self, run_id: str, state: RunState, now: float) -> list[str]:
        """End a run, as the engine does; runs to wake."""
        with self.ledger.write() as s:
            run = runs.get(s, run_id)
            assert run is not None
            run.state, run.finished_at = state.value, now
            s.flush()
            return scheduling.run_ended(s, run, now)

    def row(self, schedule_id: str) -> Schedule:
        """The schedule now."""
        with self.ledger.read() as s:
            return s.get_one(Schedule, schedule_id)

    def fires(self, schedule_id: str) -> list[ScheduleFire]:
        """Its fires, the oldest first."""
        with self.ledger.read() as s:
            return list(reversed(fires.page(s, schedule_id, None, 500)[0]))

    def told(self, schedule_id: str) -> list[tuple[float, str]]:
        """(seconds after the start, outcome) of its fires."""
        return [(one.nominal_at - START, one.outcome) for one in self.fires(schedule_id)]

    def runs(self, schedule_id: str, *states: str) -> list[Run]:
        """Its runs, the oldest first."""
        with self.ledger.read() as s:
            return runs.of_schedule(s, schedule_id, states or tuple(RunState))
