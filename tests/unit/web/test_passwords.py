"""Passwords, and what counts as one address."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from broker_config.wire.errors import BadField, Unavailable
from web.auth import passwords
from web.auth.limits import network
from web.auth.login import csrf_of
from web.auth.passwords import Passwords, check_new


def test_a_password_matches_its_own_hash_alone() -> None:
    kept = Passwords()
    hashed = kept.hash("correct horse battery")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept.matches(hashed, "correct horse battery")
    assert not kept.matches(hashed, "correct horse batterx")
    assert kept.hash("correct horse battery") != hashed


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=1"])
def test_without_a_hash_nothing_matches(kept: str | None) -> None:
    assert not Passwords().matches(kept, "")
    assert not Passwords().matches(kept, "x")


def test_an_older_hash_of_other_costs_still_matches() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("correct horse battery")
    assert Passwords().matches(old, "correct horse battery")


def test_only_so_many_hash_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_S", 0.01)
    kept = Passwords()
    for _ in range(passwords.AT_ONCE):
        kept._turns.acquire()
    with pytest.raises(Unavailable):
        kept.hash("correct horse battery")


@pytest.mark.parametrize("plain", ["", "123456789", "aaaaaaaaaaaaaaa", "somebody", "xSomebody1"])
def test_what_is_easily_guessed_is_refused(plain: str) -> None:
    with pytest.raises(BadField):
        check_new(plain, "somebody", "password")


@pytest.mark.parametrize("plain", ["correct horse battery", "0123456789", "somebody and a long rest"])
def test_what_is_long_is_taken(plain: str) -> None:
    check_new(plain, "somebody", "password")


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("x" * 500, "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str | None, counts_as: str) -> None:
    assert network(address) == counts_as


def test_each_session_has_a_token_of_its_own() -> None:
    assert csrf_of("a") == csrf_of("a") != csrf_of("b")
    assert "a-cookie" not in csrf_of("a-cookie")
