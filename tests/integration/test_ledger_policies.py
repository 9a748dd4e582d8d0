"""When a kernel had its last work, and its stop for want of work, on both databases."""

from __future__ import annotations

import pytest

from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks.ledger import executions, kernels, policies
from tasks.ledger.models import Kernel
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import (
    NOW,
    add_cells,
    add_kernel,
    add_user,
    at_once,
    insert,
    kernel_row,
    new_cell,
)

NOTE = "stopped after 30 minutes without work"


_names = iter(range(1_000_000))


def running(ledger: Ledger) -> Kernel:
    """A new user's kernel that is ready, as somebody wanted."""
    row = add_kernel(ledger, add_user(ledger, f"user{next(_names)}"))
    with ledger.write() as s:
        kernels.intend(s, row, DesiredState.RUNNING, NOW)
        row = kernels.move(s, row, KernelState.STARTING, NOW)
        return kernels.move(s, row, KernelState.READY, NOW)


def stop(ledger: Ledger, seen: Kernel) -> bool:
    with ledger.write() as s:
        return policies.stop_idle(s, seen, NOTE, NOW + 5)


def now(ledger: Ledger, uid: str) -> Kernel:
    with ledger.read() as s:
        return s.get_one(Kernel, uid)


def test_an_idle_kernel_is_meant_to_stop_and_says_why(ledger: Ledger) -> None:
    seen = running(ledger)
    assert stop(ledger, seen)
    row = now(ledger, seen.uid)
    assert (row.desired_state, row.state, row.revision) == ("stopped", "ready", seen.revision)
    assert (row.note, row.noted_at, row.intended_at, row.idle_stops) == (NOTE, NOW + 5, NOW + 5, 1)
    assert row.intent_nonce != seen.intent_nonce
    assert not stop(ledger, row)


def test_a_wish_forgets_the_note(ledger: Ledger) -> None:
    seen = running(ledger)
    stop(ledger, seen)
    with ledger.write() as s:
        kernels.intend(s, seen, DesiredState.RUNNING, NOW)
    row = now(ledger, seen.uid)
    assert (row.note, row.noted_at, row.idle_stops) == (None, None, 1)


@pytest.mark.parametrize("ended", [False, True])
def test_a_cell_that_came_since_keeps_the_kernel_running(ledger: Ledger, ended: bool) -> None:
    seen = running(ledger)
    (execution_id,) = add_cells(ledger, seen.uid)
    if ended:
        with ledger.write() as s:
            executions.end(s, execution_id, ExecutionState.SUCCEEDED, NOW)
    assert not stop(ledger, seen)
    assert now(ledger, seen.uid).desired_state == "running"
    assert stop(ledger, now(ledger, seen.uid)) is ended


def test_a_wish_or_a_change_of_state_since_keeps_it_as_it_is(ledger: Ledger) -> None:
    seen = running(ledger)
    with ledger.write() as s:
        kernels.intend(s, seen, DesiredState.RUNNING, NOW + 1)
    assert not stop(ledger, seen)
    seen = now(ledger, seen.uid)
    with ledger.write() as s:
        kernels.move(s, seen, KernelState.STOPPING, NOW + 1)
    assert not stop(ledger, seen)


def test_a_cell_and_a_stop_at_once_are_one_or_the_other(ledger: Ledger) -> None:
    """Whoever is second knows: the cell finds a kernel that is meant to stop, or the stop finds a cell."""
    for _ in range(12):
        seen = running(ledger)

        def act(number: int, seen: Kernel = seen) -> bool:
            if number:
                return stop(ledger, seen)
            with ledger.write() as s:
                cell = new_cell(seen.uid)
                insert(s, seen.uid, [cell], NOW)
                door = executions.door(s, seen.uid, "")
                assert door is not None
                return door.desired_state == "running"

        taken, stopped = at_once(2, act)
        assert (taken, stopped) in {(True, False), (False, True)}


def test_the_last_end_is_of_what_ended_last_wherever_it_stood_in_the_queue(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    first, second, _open = add_cells(ledger, uid, 3)
    with ledger.read() as s:
        assert policies.last_end(s, uid) is None
        assert policies.is_busy(s, uid)
    with ledger.write() as s:
        executions.end(s, second, ExecutionState.SUCCEEDED, NOW + 1)
        executions.end(s, first, ExecutionState.CANCELLED, NOW + 2)
    with ledger.read() as s:
        assert policies.last_end(s, uid) == NOW + 2
        assert policies.last_end(s, "other") is None
        assert not policies.is_busy(s, "other")


def test_totals_are_of_all_kernels_deleted_ones_too(ledger: Ledger) -> None:
    with ledger.read() as s:
        assert policies.totals(s) == (0, 0)
    seen = running(ledger)
    stop(ledger, seen)
    with ledger.write() as s:
        row = kernels.update(s, now(ledger, seen.uid), restarts=3)
        row = kernels.move(s, row, KernelState.STOPPED, NOW)
        kernels.mark_deleted(s, row, NOW)
    with ledger.read() as s:
        assert policies.totals(s) == (3, 1)
