"""Builders of rows, each in a transaction of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from broker_config.wire import names
from broker_config.wire.states import ExecutionState
from tasks.ledger import executions, kernels, users
from tasks.ledger.endings import Ending, Output, end_many
from tasks.ledger.models import Kernel, User
from tasks.ledger.session import Ledger, Session

T = TypeVar("T")
NOW = 1_700_000_000.0


def new_kernel(owner_id: int, slug: str = "k", **changes: Any) -> kernels.NewKernel:
    """A kernel's values, all defaults but ``changes``."""
    values: dict[str, Any] = {
        "owner_id": owner_id,
        "slug": slug,
        "name": slug,
        "runtime": "process",
        "packages": [],
        "memory_gb": 2.0,
        "cpu_cores": 2.0,
        "gpu": False,
        "persistence": True,
        "recovery_mode": "lazy",
        "network": "internet",
        "flavour": "base",
        "allow_sdist": False,
        "auto_restart": False,
        "idle_timeout_s": None,
        "env_encrypted": None,
    }
    return kernels.NewKernel(**{**values, **changes})


def new_cell(uid: str, **changes: Any) -> executions.NewExecution:
    """A person's cell without a flow."""
    values: dict[str, Any] = {
        "id": names.new_execution_id(uid),
        "kernel_uid": uid,
        "flow_id": "",
        "node_id": None,
        "batch_id": None,
        "stop_on_error": False,
        "interactive": True,
        "code": "1 + 1",
        "timeout_s": None,
        "idempotency_key": None,
        "epoch_generation": None,
        "epoch_number": None,
    }
    return executions.NewExecution(**{**values, **changes})


def add_user(ledger: Ledger, name: str = "ann", role: str = "editor") -> User:
    with ledger.write() as s:
        return users.create(s, name, role, NOW)


def add_kernel(ledger: Ledger, owner: User, slug: str = "k", now: float = NOW) -> Kernel:
    with ledger.write() as s:
        return kernels.create(s, new_kernel(owner.id, slug), now)


def add_cells(ledger: Ledger, uid: str, count: int = 1, now: float = NOW, **changes: Any) -> list[str]:
    """Accept cells in one transaction; their ids."""
    cells = [new_cell(uid, **changes) for _ in range(count)]
    with ledger.write() as s:
        insert(s, uid, cells, now)
    return [cell.id for cell in cells]


def insert(s: Session, uid: str, cells: Sequence[executions.NewExecution], now: float) -> list[int]:
    """Accept cells as a request does; their seqs."""
    taken = executions.take(s, uid, len(cells))
    executions.put(s, cells, taken, now)
    return taken.seqs


def end_with(ledger: Ledger, execution_id: str, output: Output) -> set[str]:
    """End an execution as succeeded, as the recorder does; its id if it was open."""
    ending = Ending(
        execution_id,
        ExecutionState.SUCCEEDED,
        finished_at=NOW + 1,
        started_at=NOW,
        generation="g",
        execution_count=1,
        wall_s=0.1,
        cpu_s=0.1,
        memory_peak_bytes=None,
        error=None,
        output=output,
    )
    with ledger.write() as s:
        return set(end_many(s, [ending]))


def kernel_row(ledger: Ledger) -> Kernel:
    """A new user's new kernel."""
    return add_kernel(ledger, add_user(ledger))


def at_once(count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """What ``count`` threads get that begin together: results or errors."""
    barrier = threading.Barrier(count)

    def one(number: int) -> T | Exception:
        barrier.wait(10)
        try:
            return act(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
