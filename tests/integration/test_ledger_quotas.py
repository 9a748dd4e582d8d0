"""Quotas of users: what counts, what is refused, and that nobody passes a limit by asking twice at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker_config.wire.errors import BadField, HuskError, QuotaExceeded
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger import kernels, quotas
from tasks.ledger.models import Kernel, User
from tasks.ledger.quotas import Quota, Usage
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_kernel, add_user, at_once, new_kernel

RUNNING, STOPPED, DELETED = DesiredState.RUNNING, DesiredState.STOPPED, DesiredState.DELETED
K = KernelState


def create(ledger: Ledger, owner: User, slug: str, quota: Quota, memory_gb: float = 2.0) -> Kernel:
    """As a request does."""
    with ledger.write() as s:
        quotas.check_size(quota, memory_gb)
        quotas.check_create(s, owner.id, quota)
        return kernels.create(s, new_kernel(owner.id, slug, memory_gb=memory_gb), NOW)


def start(ledger: Ledger, kernel: Kernel, quota: Quota) -> None:
    """As a request does."""
    with ledger.write() as s:
        quotas.check_start(s, kernel, quota)
        kernels.intend(s, kernel, RUNNING, NOW + 1)


def put(ledger: Ledger, kernel: Kernel, state: KernelState, desired: DesiredState, **fields: object) -> None:
    with ledger.write() as s:
        row = s.get_one(Kernel, kernel.uid)
        row.state, row.desired_state, row.state_since = state.value, desired.value, NOW
        for name, value in fields.items():
            setattr(row, name, value)


def usage(ledger: Ledger, owner: User) -> Usage:
    with ledger.read() as s:
        return quotas.usages(s, [owner.id])[owner.id]


def test_one_kernel_more_than_there_may_be_is_refused_with_limit_and_way_out(ledger: Ledger) -> None:
    ann, bob, quota = add_user(ledger), add_user(ledger, "bob"), Quota(2, 0)
    first = create(ledger, ann, "a", quota)
    create(ledger, ann, "b", quota)
    with pytest.raises(QuotaExceeded, match=r"2 kernels, and there are 2: delete one") as raised:
        create(ledger, ann, "c", quota)
    assert "HUSK_KERNELS_PER_USER" in raised.value.message
    create(ledger, bob, "c", quota)
    put(ledger, first, K.STOPPED, DELETED)
    create(ledger, ann, "c", quota)


def test_nought_is_no_limit(ledger: Ledger) -> None:
    ann, none = add_user(ledger), Quota(0, 0)
    for number in range(3):
        start(ledger, create(ledger, ann, f"k{number}", none, 64), none)
    assert usage(ledger, ann) == Usage(3, 192)


def test_a_kernel_that_could_never_start_is_refused_at_once(ledger: Ledger) -> None:
    with pytest.raises(BadField, match="at most 4") as raised:
        create(ledger, add_user(ledger), "a", Quota(0, 4), 4.5)
    assert raised.value.field == "memory_gb"
    create(ledger, add_user(ledger, "bob"), "a", Quota(0, 4), 4)


def test_memory_is_counted_of_kernels_that_run_or_are_about_to(ledger: Ledger) -> None:
    ann, quota = add_user(ledger), Quota(0, 5)
    one, two, three = (create(ledger, ann, slug, quota) for slug in "abc")
    start(ledger, one, quota)
    start(ledger, two, quota)
    start(ledger, two, quota)  # it counts once
    with pytest.raises(QuotaExceeded, match=r"needs 2 GB, and of 5 GB .* 4 GB are in use: stop another"):
        start(ledger, three, quota)
    put(ledger, one, K.STOPPED, STOPPED)
    start(ledger, three, quota)


@pytest.mark.parametrize(
    ("state", "desired", "fields", "counts"),
    [
        (K.STOPPED, STOPPED, {}, False),
        (K.STOPPED, RUNNING, {}, True),
        (K.STARTING, RUNNING, {}, True),
        (K.READY, RUNNING, {}, True),
        (K.READY, STOPPED, {}, True),
        (K.UNRESPONSIVE, RUNNING, {}, True),
        (K.STOPPING, STOPPED, {}, True),
        (K.STOPPING, DELETED, {}, True),
        (K.ERROR, RUNNING, {"intended_at": NOW - 1}, False),
        (K.ERROR, RUNNING, {"intended_at": NOW + 1}, True),
        (K.ERROR, RUNNING, {"restart_at": NOW + 60}, True),
        (K.ERROR, STOPPED, {"restart_at": NOW + 60}, False),
        (K.READY, RUNNING, {"deleted_at": NOW}, False),
    ],
)
def test_what_holds_memory(
    ledger: Ledger, state: KernelState, desired: DesiredState, fields: dict[str, float], counts: bool
) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    put(ledger, kernel, state, desired, **fields)
    assert usage(ledger, ann).memory_gb == (2.0 if counts else 0.0)
    with ledger.read() as s:
        assert quotas.holds(s, kernel.uid) is counts


def test_a_sum_of_tenths_reaches_its_limit(ledger: Ledger) -> None:
    ann, quota = add_user(ledger), Quota(0, 2.1)
    for slug in "abc":
        start(ledger, create(ledger, ann, slug, quota, 0.7), quota)


def test_six_creates_at_once_do_not_pass_the_limit(ledger: Ledger, new_ledger: Callable[[], Ledger]) -> None:
    ann, quota = add_user(ledger), Quota(3, 0)
    ledgers = [new_ledger() for _ in range(3)]
    results = at_once(6, lambda n: create(ledgers[n % 3], ann, f"k{n}", quota))
    assert [type(each) for each in results if not isinstance(each, Kernel)] == [QuotaExceeded] * 3
    assert usage(ledger, ann).kernels == 3


def test_six_starts_at_once_do_not_pass_the_limit(ledger: Ledger, new_ledger: Callable[[], Ledger]) -> None:
    ann, quota = add_user(ledger), Quota(0, 5)
    made = [create(ledger, ann, f"k{n}", quota) for n in range(6)]
    ledgers = [new_ledger() for _ in range(3)]
    results = at_once(6, lambda n: start(ledgers[n % 3], made[n], quota))
    assert [type(each) for each in results if each is not None] == [QuotaExceeded] * 4
    assert usage(ledger, ann).memory_gb == 4.0


def test_a_start_and_more_memory_at_once_do_not_pass_the_limit(
    ledger: Ledger, new_ledger: Callable[[], Ledger]
) -> None:
    ann, quota = add_user(ledger), Quota(0, 6)
    ledgers = [new_ledger() for _ in range(2)]
    for n in range(8):
        other, kernel = (create(ledger, ann, f"{slug}{n}", quota) for slug in "ok")
        start(ledger, other, quota)

        def act(number: int, kernel: Kernel = kernel) -> None:
            if number:
                start(ledgers[1], kernel, quota)
                return
            with ledgers[0].write() as s:
                row = s.get_one(Kernel, kernel.uid)
                quotas.lock(s, ann.id)
                if not quotas.holds(s, kernel.uid):
                    kernels.update(s, row, memory_gb=6.0)

        results = at_once(2, act)
        assert all(each is None or isinstance(each, HuskError) for each in results), results
        assert usage(ledger, ann).memory_gb <= 6
        for each in (other, kernel):
            put(ledger, each, K.STOPPED, STOPPED)


def test_without_the_lock_the_limit_is_passed_on_a_database_of_many_writers(
    ledger: Ledger, new_ledger: Callable[[], Ledger], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the tests above can fail: SQLite has one writer at a time, so there is nothing to take out."""
    if database_url.startswith("sqlite"):
        return
    monkeypatch.setattr(quotas, "lock", lambda *_: None)
    ledgers = [new_ledger() for _ in range(6)]
    for n in range(20):
        ann = add_user(ledger, f"ann{n}")
        at_once(6, lambda number, ann=ann: create(ledgers[number], ann, f"k{number}", Quota(1, 0)))
        if usage(ledger, ann).kernels > 1:
            return
    raise AssertionError("the limit held in twenty tries without its lock")
