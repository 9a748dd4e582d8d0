"""Which processes the stack has: one JSON file each in ``<data_dir>/run``, read after a kill -9.

Standard library only: every wrapper imports it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MEMBER = "STACK_MEMBER"
"""Environment variable of every process that a wrapper started: ``<run folder>/<name>``."""
OWNER = "up"
"""Name of the record of ``husk up`` itself."""
POLL_S = 0.05
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can be told from a later one with its pid: ``started`` is in clock ticks since boot."""

    pid: int
    started: int
    boot: str

    @property
    def alive(self) -> bool:
        """Whether it is still there; a zombie is not."""
        return self == find(self.pid)

    def send(self, number: int) -> None:
        """Signal it, if it is still there."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the Procfile: its wrapper, and the process that it keeps up (None between two starts)."""

    name: str
    keeper: Process
    child: Process | None
    restarts: int = 0
    last: bool = False


def find(pid: int) -> Process | None:
    """The process with this pid now; None if there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else Process(pid, int(fields[19]), BOOT_ID.read_text().strip())
    except OSError:
        return None


def me() -> Process:
    """This process."""
    found = find(os.getpid())
    assert found is not None
    return found


def write(run: Path, record: Record) -> None:
    """Put a record down, whole or not at all."""
    fresh = run / f"{record.name}.json.new"
    fresh.write_text(json.dumps(asdict(record)))
    fresh.replace(run / f"{record.name}.json")


def read(path: Path) -> Record | None:
    """A record; None if it is missing or was cut off."""
    try:
        values = json.loads(path.read_text())
        child = Process(**values["child"]) if values["child"] else None
        return Record(values["name"], Process(**values["keeper"]), child, values["restarts"], values["last"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def all_of(run: Path) -> list[Record]:
    """Every readable record, by name."""
    found = (read(path) for path in sorted(run.glob("*.json")))
    return [record for record in found if record is not None]


def members(run: Path, name: str, session: int) -> list[Process]:
    """Living processes of a wrapper's child: its session, and marked as its own in their environment.

    Kernels carry the mark too, but live in sessions of their own.
    """
    mark = f"{MEMBER}={run / name}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _is_marked(int(entry.name), mark, session):
            process = find(int(entry.name))
            if process is not None:
                found.append(process)
    return found


def _is_marked(pid: int, mark: bytes, session: int) -> bool:
    try:
        return os.getsid(pid) == session and mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def living(run: Path, record: Record) -> list[Process]:
    """What is left of one record: wrapper, child, and the child's own processes."""
    found = [record.keeper] if record.keeper.alive else []
    return found + (members(run, record.name, record.child.pid) if record.child else [])


def end_leftovers(run: Path, patience_s: float = 6.0) -> list[str]:
    """End what records name and still lives: SIGTERM, and SIGKILL after ``patience_s``. Returns its names."""
    records = [record for record in all_of(run) if record.name != OWNER]
    left = {record.name: living(run, record) for record in records}
    for record in records:
        record.keeper.send(signal.SIGTERM)
        if not record.keeper.alive:
            _signal(left[record.name], signal.SIGKILL)
    if not wait_gone([p for found in left.values() for p in found], patience_s):
        for record in records:
            _signal(living(run, record), signal.SIGKILL)
        wait_gone([p for found in left.values() for p in found], patience_s)
    for record in records:
        (run / f"{record.name}.json").unlink(missing_ok=True)
    return [name for name, found in left.items() if found]


def _signal(processes: list[Process], number: int) -> None:
    for process in processes:
        process.send(number)


def wait_gone(processes: list[Process], seconds: float) -> bool:
    """Wait until none of them is there; False if one still is after ``seconds``."""
    deadline = time.monotonic() + seconds
    while any(process.alive for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
