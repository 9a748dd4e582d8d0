"""Sessions, one-time links, shared kernels and audit events, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from broker_config.wire.errors import NotFound
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger import audit, executions, kernels, links, sessions, shares, users
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import Kernel, User
from tasks.ledger.session import Ledger
from tasks.ledger.sessions import MOST_OF_ONE, Browser
from tasks.ledger.shares import Access
from tests.integration.ledger_rows import NOW, add_cells, add_kernel, add_user, at_once

HERE = Browser("password", "127.0.0.1", "a browser")


def begin(ledger: Ledger, user: User, now: float = NOW, lasts_s: float = 100.0) -> str:
    with ledger.write() as s:
        return sessions.create(s, user, HERE, now, lasts_s)[1]


def opens(ledger: Ledger, plain: str, now: float = NOW) -> bool:
    with ledger.read() as s:
        return sessions.authenticate(s, plain, now) is not None


def test_a_session_opens_its_users_account_until_it_expires(ledger: Ledger) -> None:
    plain = begin(ledger, add_user(ledger))
    assert opens(ledger, plain, NOW + 99.9)
    assert not opens(ledger, plain, NOW + 100)
    assert not opens(ledger, "x")


def test_a_session_is_kept_as_a_hash(ledger: Ledger) -> None:
    plain = begin(ledger, add_user(ledger))
    with ledger.read() as s:
        found = sessions.authenticate(s, plain, NOW)
    assert found is not None
    assert plain not in repr(vars(found[1]))


def test_what_changes_an_account_ends_its_sessions_and_links_for_ever(ledger: Ledger) -> None:
    ann = add_user(ledger)

    def disable_and_enable(s: object) -> None:
        users.set_disabled(s, ann.id, True)  # type: ignore[arg-type]
        users.set_disabled(s, ann.id, False)  # type: ignore[arg-type]

    changes = (
        disable_and_enable,
        lambda s: users.set_role(s, ann.id, "viewer"),
        lambda s: users.set_password(s, ann.id, "hash"),
    )
    for change in changes:
        with ledger.write() as s:
            now = users.get(s, ann.id)
            assert now is not None
            link = links.create(s, now, NOW)[1]
        plain = begin(ledger, now)
        assert opens(ledger, plain)
        with ledger.write() as s:
            change(s)  # type: ignore[no-untyped-call]
        assert not opens(ledger, plain)
        with ledger.write() as s:
            assert links.use(s, link, NOW) is None


def test_one_session_may_be_carried_over(ledger: Ledger) -> None:
    ann = add_user(ledger)
    mine, other = begin(ledger, ann), begin(ledger, ann)
    with ledger.write() as s:
        found = sessions.authenticate(s, mine, NOW)
        assert found is not None
        changed = users.set_password(s, ann.id, "hash")
        sessions.carry_over(s, found[1].id, changed.version)
    assert opens(ledger, mine)
    assert not opens(ledger, other)


def test_a_user_ends_their_own_sessions_alone(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    plain = begin(ledger, ann)
    with ledger.read() as s:
        rows, _ = sessions.page(s, ann.id, NOW, None, 10)
    with pytest.raises(NotFound), ledger.write() as s:
        sessions.end(s, bob.id, rows[0].id, NOW)
    with ledger.write() as s:
        sessions.end(s, ann.id, rows[0].id, NOW)
    assert not opens(ledger, plain)


def test_the_oldest_session_ends_where_there_are_too_many(ledger: Ledger) -> None:
    ann = add_user(ledger)
    made = [begin(ledger, ann) for _ in range(MOST_OF_ONE + 2)]
    assert [opens(ledger, plain) for plain in made[:4]] == [False, False, True, True]


def test_sessions_are_listed_page_by_page(ledger: Ledger) -> None:
    ann = add_user(ledger)
    for _ in range(5):
        begin(ledger, ann)
    seen: list[int] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = sessions.page(s, ann.id, NOW, after, 2)
            seen += [row.id for row in rows]
            if after is None:
                break
    assert seen == sorted(seen)
    assert len(seen) == 5


def test_of_many_that_use_a_link_at_once_one_comes_in(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        plain = links.create(s, ann, NOW, "/kernels/k")[1]

    def use(_number: int) -> bool:
        with ledger.write() as s:
            return links.use(s, plain, NOW) is not None

    assert sorted(map(bool, at_once(4, use))) == [False, False, False, True]


def test_a_link_expires(ledger: Ledger) -> None:
    ann = add_user(ledger)
    with ledger.write() as s:
        plain = links.create(s, ann, NOW)[1]
    with ledger.write() as s:
        assert links.use(s, plain, NOW + links.LASTS_S) is None


def share(ledger: Ledger, kernel: Kernel, user: User, role: str) -> None:
    with ledger.write() as s:
        shares.replace(s, kernel.uid, {user.id: role}, NOW)


def ids(rows: Sequence[Kernel]) -> list[str]:
    return [row.uid for row in rows]


def test_a_shared_kernel_is_seen_by_whom_it_is_shared_with(ledger: Ledger) -> None:
    ann, bob, eve = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "eve")
    kernel = add_kernel(ledger, ann)
    cell = add_cells(ledger, kernel.uid)[0]
    share(ledger, kernel, bob, "viewer")
    with ledger.read() as s:
        assert kernels.visible(s, bob, kernel.uid).uid == kernel.uid
        assert executions.visible(s, bob, cell).id == cell
        assert ids(kernels.page(s, bob, None, 10)[0]) == [kernel.uid]
        assert ids(kernels.there(s, [kernel.uid])) == [kernel.uid]
        assert shares.roles(s, [kernel.uid]) == {(kernel.uid, bob.id): "viewer"}
        assert shares.of_kernel(s, kernel.uid) == [("bob", "viewer")]
        assert shares.uids_of(s, bob) == {kernel.uid}
        assert kernels.page(s, eve, None, 10)[0] == []
        for look in (lambda: kernels.visible(s, eve, kernel.uid), lambda: executions.visible(s, eve, cell)):
            with pytest.raises(NotFound):
                look()
        with pytest.raises(NotFound):
            kernels.visible(s, bob, kernel.slug)


@pytest.mark.parametrize(
    ("role", "shared", "access"),
    [
        ("editor", None, None),
        ("editor", "viewer", Access.VIEWER),
        ("editor", "editor", Access.EDITOR),
        ("viewer", "editor", Access.VIEWER),
        ("viewer", None, None),
        ("admin", None, Access.ADMIN),
        ("admin", "viewer", Access.ADMIN),
    ],
)
def test_access_is_the_least_of_role_and_share(
    ledger: Ledger, role: str, shared: str | None, access: Access | None
) -> None:
    kernel, bob = add_kernel(ledger, add_user(ledger)), add_user(ledger, "bob", role)
    if shared is not None:
        share(ledger, kernel, bob, shared)
    with ledger.read() as s:
        assert shares.access(s, bob, kernel) == access


def test_an_owner_is_the_owner_and_as_a_viewer_looks_only(ledger: Ledger) -> None:
    ann, vera, root = add_user(ledger), add_user(ledger, "vera", "viewer"), add_user(ledger, "root", "admin")
    with ledger.read() as s:
        for user, access in ((ann, Access.OWNER), (vera, Access.VIEWER), (root, Access.OWNER)):
            own = Kernel(uid="x" * 12, owner_id=user.id)
            assert shares.access(s, user, own) == access


def test_access_covers_what_is_less_and_owner_and_admin_the_same() -> None:
    covered = {(has, needs) for has in Access for needs in Access if shares.covers(has, needs)}
    assert (Access.OWNER, Access.ADMIN) in covered
    assert (Access.ADMIN, Access.OWNER) in covered
    assert (Access.EDITOR, Access.OWNER) not in covered
    assert (Access.VIEWER, Access.EDITOR) not in covered
    assert len(covered) == 1 + 2 + 4 + 4


def test_executions_of_own_and_shared_kernels_come_in_one_order_page_by_page(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    hers, his = add_kernel(ledger, ann), add_kernel(ledger, bob)
    share(ledger, hers, bob, "editor")
    made = [add_cells(ledger, (hers if number % 2 else his).uid, now=NOW + number)[0] for number in range(7)]
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = executions.page(s, bob, after=after, limit=2)
            seen += [row.id for row in rows]
            if after is None:
                break
        assert len(executions.page(s, bob, kernel_uid=hers.uid, limit=10)[0]) == 3
        assert len(executions.page(s, ann, limit=10)[0]) == 3
    assert seen == made[::-1]


def test_sharing_ends_by_leaving_somebody_out_and_with_the_kernel(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    kernel = add_kernel(ledger, ann)
    cell = add_cells(ledger, kernel.uid)[0]
    share(ledger, kernel, bob, "viewer")
    with ledger.write() as s:
        shares.replace(s, kernel.uid, {}, NOW)
    with ledger.read() as s, pytest.raises(NotFound):
        kernels.visible(s, bob, kernel.uid)
    share(ledger, kernel, bob, "viewer")
    with ledger.write() as s:
        kernels.intend(s, kernel, DesiredState.DELETED, NOW)
        row = kernels.get(s, kernel.uid)
        assert row is not None
        assert row.state == KernelState.STOPPED
        kernels.mark_deleted(s, row, NOW)
    with ledger.read() as s:
        with pytest.raises(NotFound):
            executions.visible(s, bob, cell)
        assert executions.page(s, bob, limit=10)[0] == []
        assert executions.visible(s, ann, cell).id == cell


def test_an_event_is_written_with_its_change_or_not_at_all(ledger: Ledger) -> None:
    actor = Actor(1, "ann", "r1")

    def write(fails: bool) -> None:
        with ledger.write() as s:
            users.create(s, f"u{fails}", "editor", NOW)
            audit.note(s, actor, Change("user.create", "user:u", {"role": "editor"}), NOW)
            if fails:
                raise KeyError

    write(False)
    with pytest.raises(KeyError):
        write(True)
    with ledger.read() as s:
        rows, after = audit.page(s, None, 10)
    assert after is None
    assert [(r.actor, r.action, r.target, r.detail, r.request_id) for r in rows] == [
        ("ann", "user.create", "user:u", {"role": "editor"}, "r1")
    ]
