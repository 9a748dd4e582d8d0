"""``python -m benchmarks.schedules``: 5,000 schedules, 100 of them due in one second.

How long one tick takes is measured alone, on a ledger of its own and with a real broker; how late runs
begin, in a stack whose beat ticks, with one warm kernel. A slot's run has begun when a worker first looked
at it: the cells of 100 runs then wait for their turn in that kernel.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks import pages
from benchmarks.numbers import Figure, percentile, table
from benchmarks.run import machine
from benchmarks.subject import Stack, Subject
from broker_config.settings import ENV_FILE, Settings
from broker_config.wire.states import RunState
from tasks import schedules as scheduling
from tasks.ledger import flows, kernels, runs, users
from tasks.ledger.models import Flow, Kernel, Run, User
from tasks.ledger.session import Ledger
from tasks.schedules import editing
from tasks.schedules.drafts import Draft
from tasks.schedules.policy import Overlap, Policy
from tasks.schedules.specs import Kind
from tasks.services import Services, make_services

HEADING = "Schedules"
NEVER = {"cron": "0 3 1 1 *"}
AHEAD_S = 8.0
ENDED_S = 120.0
ALL = tuple(RunState)
OWN_BROKER = 9
"""Number of a database of Redis that nobody consumes from."""


class Lab:
    """A stack with one kernel, and a flow of one cell on it."""

    def __init__(self, stack: Stack, options: argparse.Namespace) -> None:
        given: dict[str, Any] = {
            name.removeprefix("HUSK_").lower(): value
            for name, value in stack.environ.items()
            if name.startswith("HUSK_")
        }
        self.settings = Settings(_env_file=stack.data_dir / ENV_FILE, **given)  # type: ignore[call-arg]
        self.options = options
        self.api = stack.api()
        self.kernel = Subject(stack, "scheduled")
        node = {"id": "a", "type": "python_script", "settings": {"cells": ["1 + 1"]}, "kernel": "scheduled"}
        document = {"name": "scheduled", "nodes": [node]}
        self.flow = str(self.api.call("POST", "/flows", document)["id"])
        self.ledger = Ledger(self.settings.sqlalchemy_url)

    def close(self) -> None:
        """Leave the stack, which ends its kernel."""
        self.ledger.dispose()

    @contextmanager
    def apart(self, folder: Path) -> Iterator[tuple[Services, User, Flow]]:
        """Services on a ledger and a broker of their own, with the same flow."""
        ledger = Ledger(f"sqlite:///{folder / 'apart.db'}")
        ledger.migrate()
        with self.ledger.read() as s:
            document = flows.newest(s, s.get_one(Flow, self.flow)).document
        with ledger.write() as s:
            owner = users.create(s, "bench", "editor", time.time())
            row = {**self._kernel_row(), "owner_id": owner.id}
            s.execute(Kernel.__table__.insert().values(**row))  # type: ignore[attr-defined]
            flow = flows.create(s, owner, "scheduled", document, time.time())
        url = self.settings.embedded_redis_url.rpartition("/")[0] + f"/{OWN_BROKER}"
        services = make_services(self.settings.model_copy(update={"redis_url": SecretStr(url)}))
        try:
            yield replace(services, ledger=ledger), owner, flow
        finally:
            ledger.dispose()
            services.celery.close()

    def _kernel_row(self) -> dict[str, Any]:
        with self.ledger.read() as s:
            found = kernels.get(s, self.kernel.kernel["uid"])
            assert found is not None
            return {column.name: getattr(found, column.name) for column in Kernel.__table__.columns}


def make(
    ledger: Ledger, owner: User, flow: Flow, count: int, kind: Kind, spec: dict[str, Any], now: float
) -> list[str]:
    """Many alike; their ids."""
    draft = Draft("s", kind, spec, policy=Policy(overlap=Overlap.ALLOW))
    with ledger.write() as s:
        return [editing.create(s, owner, flow, draft, False, now).id for _ in range(count)]


def ticks(lab: Lab, folder: Path) -> list[float]:
    """Milliseconds of ticks at which slots are due; the first, which compiles statements, is left out."""
    options, now = lab.options, float(int(time.time()) // 60 * 60)
    with lab.apart(folder) as (services, owner, flow):
        make(services.ledger, owner, flow, options.schedules - options.due, Kind.CRON, NEVER, now)
        due = make(services.ledger, owner, flow, options.due, Kind.CRON, {"cron": "* * * * *"}, now)
        times = []
        for round_ in range(1, options.ticks + 2):
            began = time.perf_counter()
            scheduling.tick(services, now + 60.0 * round_)
            times.append(1000 * (time.perf_counter() - began))
        with services.ledger.read() as s:
            made = [len(runs.of_schedule(s, one)) for one in due]
    assert made == [options.ticks + 1] * options.due, "a slot was lost or doubled"
    return times[1:]


def delays(lab: Lab) -> tuple[list[float], int, int]:
    """Seconds from slots until their runs began; how many slots had no run, and how many more than one."""
    slot = float(int(time.time() + AHEAD_S))
    at = datetime.fromtimestamp(slot, UTC).replace(tzinfo=None).isoformat()
    with lab.ledger.read() as s:
        flow = s.get_one(Flow, lab.flow)
        owner = s.get_one(User, flow.owner_id)
    due = make(lab.ledger, owner, flow, lab.options.due, Kind.ONCE, {"at": at}, time.time())
    assert time.time() < slot, "the machine is too busy: the slot came before its schedules were made"
    deadline = slot + ENDED_S
    while time.time() < deadline:
        time.sleep(2.0)
        with lab.ledger.read() as s:
            found: list[list[Run]] = [runs.of_schedule(s, one, ALL) for one in due]
        if all(of_it and all(run.finished_at for run in of_it) for of_it in found):
            break
    else:
        states = sorted(run.state for of_it in found for run in of_it)
        raise RuntimeError(f"{len(states)} runs, and not all have ended: {states}")
    begun = [run.started_at - slot for of_it in found for run in of_it if run.started_at is not None]
    return begun, sum(not of_it for of_it in found), sum(len(of_it) > 1 for of_it in found)


def measure(options: argparse.Namespace) -> list[Figure]:
    """All of them."""
    with ExitStack() as stack:
        running = stack.enter_context(closing(Stack()))
        lab = stack.enter_context(closing(Lab(running, options)))
        taken = ticks(lab, running.data_dir)
        with lab.ledger.read() as s:
            flow = s.get_one(Flow, lab.flow)
            owner = s.get_one(User, flow.owner_id)
        make(lab.ledger, owner, flow, options.schedules - options.due, Kind.CRON, NEVER, time.time())
        late: list[list[float]] = []
        lost = doubled = 0
        for _ in range(options.rounds):
            begun, none, twice = delays(lab)
            late.append(begun)
            lost, doubled = lost + none, doubled + twice
    what = f"{options.schedules:,} schedules, {options.due} due at once"
    return [
        Figure(f"{what}: one tick, p50 of {options.ticks}", "ms", [percentile(taken, 0.5)], asked="≤ 200 ms"),
        Figure("the same, the longest", "ms", [max(taken)]),
        Figure("from the slot until its run began, p50", "s", [percentile(one, 0.5) for one in late]),
        Figure("the same, p95", "s", [percentile(one, 0.95) for one in late], asked="≤ 1 s"),
        Figure(f"slots without a run, of {options.due * options.rounds}", "", [lost], asked="0"),
        Figure("slots with two", "", [doubled], asked="0"),
    ]


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=5000)
    parser.add_argument("--due", type=int, default=100)
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"write its section of {Path(pages.PAGE).name}")
    options = parser.parse_args()
    text = table(measure(options), "measured", "beside it")
    sys.stdout.write(text)
    if options.write:
        pages.write_section(HEADING, _section(text))
    return 0


def _section(text: str) -> str:
    return f"""`make bench-schedules` runs `python -m benchmarks.schedules`: one run. The tick is measured
alone, with a broker that its wakes go to; how late runs begin, in a stack whose beat ticks every half second,
with one warm kernel: medians of the rounds.

{machine()}

{text}"""


if __name__ == "__main__":
    sys.exit(main())
