"""What the functions of ``flowfile`` act on: the runner that they are called in."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kernel_worker.runner.calls import Calls
from kernel_worker.runner.display.presenter import Presenter
from kernel_worker.runner.loaded import Loaded
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.spool import Shelf, Spool

if TYPE_CHECKING:
    from kernel_worker.runner.shared import SharedFolder
    from kernel_worker.runner.shell import FlowShell


@dataclass(frozen=True, slots=True)
class Session:
    """The runner's parts that user code reaches.

    ``shelf``: what the namespace of the cell keeps open. ``shell``: of the running cell.
    ``loaded``: artifacts that wait for a reader.
    """

    outbox: Outbox
    presenter: Presenter
    shared: SharedFolder
    calls: Calls
    spool: Spool
    shelf: Callable[[], Shelf]
    shell: Callable[[], FlowShell]
    loaded: Loaded
    pid: int = field(default_factory=os.getpid)


# One per process: user code calls plain functions of a module.
_session: Session | None = None


def open_session(session: Session) -> None:
    """Called once by the runner."""
    global _session
    _session = session


def session_or_none() -> Session | None:
    """The runner's session; None outside of a runner, and in processes forked from one."""
    return _session if _session is not None and _session.pid == os.getpid() else None


def session() -> Session:
    """The runner's session.

    Raises:
        RuntimeError: there is none here.
    """
    found = session_or_none()
    if found is None:
        raise RuntimeError("this function of flowfile works in a kernel's cells, not in a process of its own")
    return found


def parts() -> Session:
    """As ``session``, in processes forked from a runner too: for what is in memory.

    Raises:
        RuntimeError: this is no runner, and none's child.
    """
    return _session if _session is not None else session()
