"""Users and tokens, on both databases."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.ledger import tokens, users
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_user


def test_a_user_is_found_by_id_and_by_name(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.read() as s:
        by_id, by_name = users.get(s, ann.id), users.by_name(s, "ann")
    assert by_id is not None
    assert by_name is not None
    assert (by_id.name, by_name.id, by_name.role) == ("ann", ann.id, "editor")


def test_nobody_is_found_by_another_name(ledger: Ledger) -> None:
    add_user(ledger)
    with ledger.read() as s:
        assert users.by_name(s, "Ann") is None
        assert users.get(s, 4711) is None


def test_a_second_user_of_a_name_is_a_conflict_on_the_name_and_changes_nothing(ledger: Ledger) -> None:
    add_user(ledger)
    with pytest.raises(Conflict) as raised, ledger.write() as s:  # noqa: PT012 - undoes the first
        users.create(s, "bob", "editor", NOW)
        users.create(s, "ann", "admin", NOW)
    assert raised.value.field == "name"
    with ledger.read() as s:
        assert [user.name for user in users.page(s, None, 10)[0]] == ["ann"]


def test_users_come_in_pages_that_neither_repeat_nor_miss(ledger: Ledger) -> None:
    for number in range(5):
        add_user(ledger, f"user{number}")
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = users.page(s, after, 2)
            seen += [user.name for user in rows]
            if after is None:
                break
    assert seen == [f"user{number}" for number in range(5)]


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!", "W10", "WyJhIl0", "WzEsMl0", "W3RydWVd", "W05hTl0", "é", "W" * 9000]
)
def test_a_cursor_that_was_not_given_is_refused(ledger: Ledger, cursor: str) -> None:
    with ledger.read() as s, pytest.raises(BadField):
        users.page(s, cursor, 2)


def test_a_token_opens_its_users_account_and_is_not_kept_in_clear(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        token, plain = tokens.create(s, ann.id, "laptop", "read", NOW)
    with ledger.read() as s:
        found = tokens.authenticate(s, plain, NOW)
    assert plain.startswith("husk_")
    assert found is not None
    assert (found[0].id, found[1].id, found[1].scope) == (ann.id, token.id, "read")
    assert plain not in repr(vars(found[1]))


@pytest.mark.parametrize("plain", ["", "husk_", "husk_x", "\ud800", "\x00"])
def test_what_is_no_token_opens_nothing(ledger: Ledger, plain: str) -> None:
    add_user(ledger)
    with ledger.read() as s:
        assert tokens.authenticate(s, plain, NOW) is None


def test_an_expired_token_opens_nothing(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        _, plain = tokens.create(s, ann.id, "t", "write", NOW, expires_at=NOW + 10)
    with ledger.read() as s:
        assert tokens.authenticate(s, plain, NOW + 9.9) is not None
        assert tokens.authenticate(s, plain, NOW + 10) is None


def test_a_revoked_token_opens_nothing_and_keeps_its_first_time_of_revocation(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        token, plain = tokens.create(s, ann.id, "t", "write", NOW)
    for later in (1, 2):
        with ledger.write() as s:
            tokens.revoke(s, ann.id, token.id, NOW + later)
    with ledger.read() as s:
        assert tokens.authenticate(s, plain, NOW) is None
        assert [row.revoked_at for row in tokens.page(s, ann.id, None, 10)[0]] == [NOW + 1]


def test_a_disabled_users_token_opens_nothing_until_the_account_is_open_again(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        _, plain = tokens.create(s, ann.id, "t", "write", NOW)
    for disabled in (True, False):
        with ledger.write() as s:
            users.set_disabled(s, ann.id, disabled)
        with ledger.read() as s:
            assert (tokens.authenticate(s, plain, NOW) is None) is disabled


def test_somebody_elses_token_cannot_be_seen_or_revoked(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    with ledger.write() as s:
        token, plain = tokens.create(s, ann.id, "t", "write", NOW)
    with pytest.raises(NotFound), ledger.write() as s:
        tokens.revoke(s, bob.id, token.id, NOW)
    with ledger.read() as s:
        assert tokens.page(s, bob.id, None, 10) == ([], None)
        assert tokens.authenticate(s, plain, NOW) is not None


def test_disabling_nobody_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound), ledger.write() as s:
        users.set_disabled(s, 4711, True)
