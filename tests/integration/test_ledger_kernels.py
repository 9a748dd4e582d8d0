"""Kernels, their states and namespaces, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from broker_config.wire.errors import Conflict, NotFound, WrongTransition
from broker_config.wire.states import KERNEL_TRANSITIONS, DesiredState, KernelState
from tasks.ledger import kernels
from tasks.ledger.models import Kernel
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_kernel, add_user, kernel_row, new_kernel

STORED = [state for state in KernelState if state is not KernelState.EXECUTING]


def change(ledger: Ledger, act: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:
    with ledger.write() as s:
        return act(s, *arguments, **fields)


def force(ledger: Ledger, uid: str, **columns: Any) -> Kernel:
    """Set columns as no code may."""
    with ledger.write() as s:
        row = s.get_one(Kernel, uid)
        for name, value in columns.items():
            setattr(row, name, value)
    return row


def test_an_id_is_given_once_per_owner_and_again_after_deletion(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    first = add_kernel(ledger, ann)
    add_kernel(ledger, bob)
    with pytest.raises(Conflict) as raised:
        add_kernel(ledger, ann)
    assert raised.value.field == "id"
    change(ledger, kernels.mark_deleted, first, NOW)
    assert add_kernel(ledger, ann).uid != first.uid


def test_all_values_of_a_kernel_come_back(ledger: Ledger) -> None:
    ann = add_user(ledger)
    values = new_kernel(
        ann.id, "full", packages=["a", "b"], memory_gb=0.5, env_encrypted="x", idle_timeout_s=60.0
    )
    uid = change(ledger, kernels.create, values, NOW).uid
    with ledger.read() as s:
        row = kernels.get(s, uid)
    assert row is not None
    assert {name: getattr(row, name) for name in kernels.NewKernel.__slots__} == {
        name: getattr(values, name) for name in kernels.NewKernel.__slots__
    }
    assert (row.state, row.desired_state, row.facts, row.revision) == ("stopped", "stopped", {}, 0)


def test_a_kernel_is_seen_by_its_owner_by_id_and_uid_and_by_an_admin_by_uid_only(ledger: Ledger) -> None:
    ann, bob, root = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "root", "admin")
    kernel = add_kernel(ledger, ann)
    with ledger.read() as s:
        assert kernels.visible(s, ann, "k").uid == kernel.uid
        assert kernels.visible(s, ann, kernel.uid).uid == kernel.uid
        assert kernels.visible(s, root, kernel.uid).uid == kernel.uid
        for user, ref in ((bob, "k"), (bob, kernel.uid), (root, "k"), (ann, "K"), (ann, "")):
            with pytest.raises(NotFound):
                kernels.visible(s, user, ref)


def test_ones_own_id_comes_before_anybodys_uid(ledger: Ledger) -> None:
    ann, root = add_user(ledger), add_user(ledger, "root", "admin")
    other = add_kernel(ledger, ann)
    own = add_kernel(ledger, root, slug=other.uid)
    with ledger.read() as s:
        assert kernels.visible(s, root, other.uid).uid == own.uid


def test_a_deleted_kernel_is_not_visible_not_alive_and_not_changed(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    change(ledger, kernels.mark_deleted, kernel, NOW)
    with ledger.read() as s:
        row = kernels.get(s, kernel.uid)
        assert row is not None
        assert row.deleted_at == NOW
        assert kernels.alive(s) == kernels.unsettled(s) == kernels.page(s, ann, None, 10)[0] == []
        with pytest.raises(NotFound):
            kernels.visible(s, ann, kernel.uid)
    with pytest.raises(WrongTransition):
        change(ledger, kernels.move, row, KernelState.STARTING, NOW)
    with pytest.raises(NotFound):
        change(ledger, kernels.intend, row, DesiredState.RUNNING, NOW)


def test_only_a_stopped_kernel_is_deleted(ledger: Ledger) -> None:
    kernel = change(ledger, kernels.move, kernel_row(ledger), KernelState.STARTING, NOW)
    with pytest.raises(WrongTransition):
        change(ledger, kernels.mark_deleted, kernel, NOW)


def test_pages_hold_ones_own_kernels_and_all_only_for_an_admin_who_asks(ledger: Ledger) -> None:
    ann, root = add_user(ledger), add_user(ledger, "root", "admin")
    for number in range(3):
        add_kernel(ledger, ann, f"k{number}", NOW + number)
    add_kernel(ledger, root, "r", NOW + 9)
    with ledger.read() as s:
        rows, after = kernels.page(s, ann, None, 2, all=True)
        assert [row.slug for row in rows] == ["k0", "k1"]
        assert [row.slug for row in kernels.page(s, ann, after, 2)[0]] == ["k2"]
        assert [row.slug for row in kernels.page(s, root, None, 9)[0]] == ["r"]
        assert [row.slug for row in kernels.page(s, root, None, 9, all=True)[0]] == ["k0", "k1", "k2", "r"]


@pytest.mark.parametrize("old", STORED)
def test_the_table_decides_every_change_of_state(ledger: Ledger, old: KernelState) -> None:
    uid = kernel_row(ledger).uid
    for new in KernelState:
        kernel = force(ledger, uid, state=old.value, error="before")
        if new in KERNEL_TRANSITIONS[old]:
            moved = change(ledger, kernels.move, kernel, new, NOW + 1, generation="g")
            assert (moved.state, moved.error, moved.generation) == (new, None, "g")
            assert (moved.state_since, moved.revision) == (NOW + 1, kernel.revision + 1)
        else:
            with pytest.raises(WrongTransition):
                change(ledger, kernels.move, kernel, new, NOW + 1)


def test_a_silence_in_between_does_not_change_since_when_a_kernel_is_up(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    kernel = force(ledger, uid, state="starting")
    moves = (("READY", 1, 1), ("UNRESPONSIVE", 2, 1), ("READY", 3, 1), ("STARTING", 4, 1), ("READY", 5, 5))
    for state, at, up_since in moves:
        kernel = change(ledger, kernels.move, kernel, KernelState[state], NOW + at)
        assert (kernel.state_since, kernel.ready_since) == (NOW + at, NOW + up_since)


def test_a_change_on_an_old_reading_loses_and_changes_nothing(ledger: Ledger) -> None:
    old = kernel_row(ledger)
    now = change(ledger, kernels.update, old, facts={"pid": 1})
    for act, arguments in (
        (kernels.update, {"name": "x"}),
        (kernels.move, {"new": KernelState.STARTING, "now": 1.0}),
    ):
        with pytest.raises(WrongTransition):
            change(ledger, act, old, **arguments)
    with ledger.read() as s:
        row = kernels.get(s, old.uid)
    assert row is not None
    assert (row.revision, row.name, row.state, row.facts) == (now.revision, "k", "stopped", {"pid": 1})


@pytest.mark.parametrize("column", ["state", "desired_state", "revision", "uid", "next_seq"])
def test_update_refuses_what_has_a_function_of_its_own(ledger: Ledger, column: str) -> None:
    with pytest.raises(ValueError, match="functions of their own"):
        change(ledger, kernels.update, kernel_row(ledger), **{column: "1"})


def test_an_error_is_kept_with_its_state_and_cleared_by_the_next(ledger: Ledger) -> None:
    kernel = change(ledger, kernels.move, kernel_row(ledger), KernelState.ERROR, NOW, error="no memory")
    assert kernel.error == "no memory"
    assert change(ledger, kernels.move, kernel, KernelState.STARTING, NOW).error is None


def test_a_wish_does_not_make_a_change_lose_and_the_last_nonce_counts(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)
    nonces = [change(ledger, kernels.intend, kernel, DesiredState.RUNNING, NOW) for _ in range(2)]
    moved = change(ledger, kernels.move, kernel, KernelState.STARTING, NOW)
    assert nonces[0] != nonces[1]
    assert (moved.intent_nonce, moved.desired_state) == (nonces[1], "running")


def test_nothing_else_can_be_wished_for_a_kernel_that_is_to_be_deleted(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)
    for _ in range(2):
        change(ledger, kernels.intend, kernel, DesiredState.DELETED, NOW)
    with pytest.raises(NotFound):
        change(ledger, kernels.intend, kernel, DesiredState.RUNNING, NOW)


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("desired", list(DesiredState))
def test_unsettled_names_what_is_not_as_it_should_be(
    ledger: Ledger, state: KernelState, desired: DesiredState
) -> None:
    settled = {
        DesiredState.RUNNING: {"ready", "unresponsive", "error"},
        DesiredState.STOPPED: {"stopped"},
        DesiredState.DELETED: set(),
    }
    kernel = force(
        ledger, kernel_row(ledger).uid, state=state.value, desired_state=desired.value, intended_at=NOW
    )
    with ledger.read() as s:
        found = [row.uid for row in kernels.unsettled(s)]
        alive = [row.uid for row in kernels.alive(s)]
    assert (kernel.uid not in found) is (state.value in settled[desired])
    assert (kernel.uid in alive) is (state is not KernelState.STOPPED)


def test_a_failed_kernel_is_unsettled_again_once_somebody_asks_for_it(ledger: Ledger) -> None:
    kernel = change(ledger, kernels.move, kernel_row(ledger), KernelState.ERROR, NOW)
    change(ledger, kernels.intend, kernel, DesiredState.RUNNING, NOW + 1)
    with ledger.read() as s:
        assert [row.uid for row in kernels.unsettled(s)] == [kernel.uid]


def test_epochs_count_per_namespace(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    assert [change(ledger, kernels.next_epoch, uid, "f") for _ in range(3)] == [1, 2, 3]
    with ledger.read() as s:
        assert (kernels.epoch_of(s, uid, "f"), kernels.epoch_of(s, uid, "")) == (3, 0)
