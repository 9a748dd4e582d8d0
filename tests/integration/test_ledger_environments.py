"""Locks of packages in the ledger, on both databases."""

from __future__ import annotations

from broker_config.wire.states import KernelState
from tasks.environments.locks import Lock, Pin, make
from tasks.ledger import environments, kernels
from tasks.ledger.models import EnvironmentLock, Kernel
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_kernel, add_user, at_once, new_kernel

HASH = "a" * 64


def lock_of(*names: str, version: str = "1.0") -> Lock:
    return make("3.11", "base", list(names), [Pin(name, version, (HASH,)) for name in names])


def locked(ledger: Ledger, slug: str, lock: Lock, owner: int) -> Kernel:
    with ledger.write() as s:
        digest = environments.keep(s, lock, owner, NOW)
        values = new_kernel(
            owner, slug, packages=list(lock.packages), lock_digest=digest, locked_by=owner, locked_at=NOW
        )
        return kernels.create(s, values, NOW)


def test_a_lock_is_kept_once_whoever_makes_it_and_comes_back_as_it_was(ledger: Ledger) -> None:
    ann, bob = add_user(ledger, "ann").id, add_user(ledger, "bob").id
    lock = lock_of("numpy", "six")
    hers, his = locked(ledger, "k", lock, ann), locked(ledger, "k", lock, bob)
    with ledger.read() as s:
        assert environments.lock_of(s, hers) == environments.lock_of(s, his) == lock
        assert s.get_one(EnvironmentLock, lock.digest).made_by == ann
        assert environments.get(s, "0" * 64) is None
        assert (hers.locked_by, his.locked_by) == (ann, bob)


def test_whether_sources_are_built_is_part_of_it(ledger: Ledger) -> None:
    lock = make("3.11", "ml", ["six"], [Pin("six", "1.0", (HASH,))], allow_sdist=True)
    kernel = locked(ledger, "k", lock, add_user(ledger).id)
    with ledger.read() as s:
        found = environments.lock_of(s, kernel)
    assert found == lock
    assert found is not None
    assert (found.allow_sdist, found.digest) == (True, lock.digest)


def test_a_kernel_without_packages_has_none(ledger: Ledger) -> None:
    kernel = add_kernel(ledger, add_user(ledger))
    with ledger.read() as s:
        assert environments.lock_of(s, kernel) is None


def test_used_are_those_of_kernels_that_are_there(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    first, second = lock_of("numpy"), lock_of("six")
    locked(ledger, "a", first, ann)
    gone = locked(ledger, "b", second, ann)
    with ledger.read() as s:
        assert environments.used(s) == {first.digest, second.digest}
    with ledger.write() as s:
        assert gone.state == KernelState.STOPPED
        kernels.mark_deleted(s, s.get_one(Kernel, gone.uid), NOW)
    with ledger.read() as s:
        assert environments.used(s) == {first.digest}
        assert environments.get(s, second.digest) == second


def test_locks_that_no_kernel_has_are_forgotten_after_a_while(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    had, unused, asked_again = lock_of("numpy"), lock_of("six"), lock_of("left")
    locked(ledger, "a", had, ann)
    gone = locked(ledger, "b", unused, ann)
    with ledger.write() as s:
        environments.keep(s, asked_again, ann, NOW)
        assert environments.forget(s, NOW + 1) == 1, "the one that nobody has"
        environments.keep(s, asked_again, ann, NOW)
        environments.keep(s, asked_again, ann, NOW + 5)
        kernels.mark_deleted(s, s.get_one(Kernel, gone.uid), NOW)
    with ledger.write() as s:
        assert environments.forget(s, NOW) == 0
        assert environments.forget(s, NOW + 1) == 1
        assert environments.get(s, unused.digest) is None
        assert environments.get(s, had.digest) == had
        assert environments.get(s, asked_again.digest) == asked_again


def test_many_who_keep_one_lock_at_once_keep_one(ledger: Ledger) -> None:
    ann, lock = add_user(ledger).id, lock_of("numpy")

    def keep(_number: int) -> str:
        with ledger.write() as s:
            return environments.keep(s, lock, ann, NOW)

    assert at_once(8, keep) == [lock.digest] * 8
    with ledger.read() as s:
        assert s.query(EnvironmentLock).count() == 1
