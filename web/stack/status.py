"""What of the stack runs here, from the processes' records."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

from broker_config.settings import Settings
from web.stack import preflight, readiness, records
from web.stack.reached import base_url

RUNNING, STOPPED, BROKEN = "running", "stopped", "degraded"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One line of the Procfile: ``state`` running or stopped; bytes resident with its children."""

    name: str
    state: str
    pid: int | None
    restarts: int
    up_s: float | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class StackStatus:
    """``state``: running, stopped, or degraded when a line does not run."""

    url: str
    flower_url: str
    data_dir: str
    state: str
    pid: int | None
    processes: list[ProcessStatus]


def status(settings: Settings) -> StackStatus:
    """What runs in the data folder now."""
    run = preflight.run_folder(settings)
    owner = records.read(run / f"{records.OWNER}.json")
    found = [_of(record) for record in records.all_of(run) if record.name != records.OWNER]
    running = [process for process in found if process.state == RUNNING]
    owned = owner is not None and owner.keeper.alive
    complete = owned and len(running) == len(found) > 0
    return StackStatus(
        url=base_url(settings),
        flower_url=readiness.flower_url(settings),
        data_dir=str(settings.data_dir.resolve()),
        state=RUNNING if complete else BROKEN if running or owned else STOPPED,
        pid=owner.keeper.pid if owner and owned else None,
        processes=found,
    )


def _of(record: records.Record) -> ProcessStatus:
    if record.child is None or not record.child.alive:
        return ProcessStatus(record.name, STOPPED, None, record.restarts, None, None)
    try:
        process = psutil.Process(record.child.pid)
        family = [process, *process.children(recursive=True)]
        up_s = time.time() - process.create_time()
        # Kernels are below lifecycle, but are not of the stack: they have sessions of their own.
        memory = sum(one.memory_info().rss for one in family if os.getsid(one.pid) == process.pid)
    except (psutil.Error, OSError):
        return ProcessStatus(record.name, STOPPED, None, record.restarts, None, None)
    return ProcessStatus(record.name, RUNNING, record.child.pid, record.restarts, round(up_s, 1), memory)
