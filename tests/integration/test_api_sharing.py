"""Two users crossed on every route, with each access to the kernel that it is about."""

from __future__ import annotations

import time
from typing import Any

import pytest

from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger import kernels
from tests.integration.access_world import Things, World, json_of, status_of, world
from tests.integration.api_fixtures import alice, api, kernel, ready
from tests.integration.api_routes import Route, routes
from tests.waiting import wait_until
from web.auth.rules import PUBLIC, RULES, Access, Role

__all__ = ["alice", "api", "kernel", "ready", "world"]

SKIPPED = frozenset({"HEAD", "OPTIONS"})
NAMED = frozenset(
    {
        *("kernel_id", "execution_id", "token_id", "session_id", "user_id", "path"),
        *("run_id", "group_id", "schedule_id"),
    }
)
OF_KERNELS = frozenset({"kernel_id", "execution_id"})
WAITING = frozenset(f"namespaces.{name}" for name in ("complete", "inspect", "signature", "variables"))
"""They ask the kernel, which is not there: 503 after 3 s. Once is enough."""


def about(world: World, named: frozenset[str]) -> list[Route]:
    """Routes about such a thing, that need a login, and no admin."""
    return [
        route
        for route in routes(world.app)
        if route.names & named
        and route.method not in SKIPPED
        and route.endpoint not in PUBLIC
        and RULES[route.endpoint].role is not Role.ADMIN
        and route.endpoint != "files.write"  # writes one's own file of that name
        and not route.endpoint.startswith("flower.")
    ]


def expected(route: Route, access: Access | None, role: Role) -> set[int]:
    """Statuses that are right for somebody else's kernel."""
    rule = RULES[route.endpoint]
    if rule.role is Role.EDITOR and role is Role.VIEWER:
        return {403}
    if access is None:
        return {404}
    order = list(Access)
    if order.index(rule.access) > order.index(access):
        return {403}
    return {200, 202, 204, 404, 409, 503}


def crossed(world: World, hers: Things, person: str, access: Access | None, role: Role) -> int:
    """Somebody tries every route on a kernel of hers; how many were tried."""
    tried = 0
    his = world.holder(person)
    # What ends things comes last: each would be 404 for everybody then.
    ordered = sorted(about(world, OF_KERNELS), key=lambda r: (r.method == "DELETE", "cancel" in r.endpoint))
    for route in ordered:
        if route.endpoint in WAITING and access is not None:
            continue
        status = status_of(his, route.request(hers.values))
        allowed = expected(route, access, role)
        assert status in allowed, (person, access, route, status, allowed)
        if access is not None and not route.changes and route.names == {"kernel_id"}:
            assert status == (403 if RULES[route.endpoint].access is Access.OWNER else 200), route
        tried += 1
    return tried


def test_what_is_somebody_elses_is_404_on_every_route(world: World) -> None:
    hers = world.things()
    tried = [
        (route, status_of(world.holder("bob"), route.request(hers.values))) for route in about(world, NAMED)
    ]
    assert len(tried) > 25
    assert {status for _, status in tried} == {404}, [one for one in tried if one[1] != 404]
    assert world.holder("alice").get("/api/v1/files/" + hers.values["path"]).data == b"hers"


@pytest.mark.parametrize(
    ("person", "shared", "access", "role"),
    [
        ("bob", None, None, Role.EDITOR),
        ("bob", "viewer", Access.VIEWER, Role.EDITOR),
        ("bob", "editor", Access.EDITOR, Role.EDITOR),
        ("vera", None, None, Role.VIEWER),
        ("vera", "viewer", Access.VIEWER, Role.VIEWER),
        ("vera", "editor", Access.VIEWER, Role.VIEWER),
    ],
)
def test_each_access_reaches_as_far_as_the_table_says(
    world: World, person: str, shared: str | None, access: Access | None, role: Role
) -> None:
    hers = world.things()
    if shared is not None:
        world.share(hers.uid, person, shared)
    assert crossed(world, hers, person, access, role) >= 20 - 3 * (access is not None)


def test_sharing_shows_the_kernel_its_cells_and_what_one_may(world: World) -> None:
    hers, his = world.things(), world.holder("bob")
    assert hers.uid not in str(json_of(his.get("/api/v1/kernels")))
    world.share(hers.uid, "bob", "viewer")
    listed = [row for row in json_of(his.get("/api/v1/kernels"))["items"] if row["uid"] == hers.uid]
    assert [(row["owner"], row["access"]) for row in listed] == [("alice", "viewer")]
    for path in ("/api/v1/executions", f"/api/v1/executions?kernel={hers.uid}"):
        assert hers.values["execution_id"] in str(json_of(his.get(path))["items"])
    world.share(hers.uid, "bob", "editor")
    assert json_of(his.get(f"/api/v1/kernels/{hers.uid}"))["access"] == "editor"
    sent = json_of(his.post(f"/api/v1/kernels/{hers.uid}/executions", json={"code": "2"}))["id"]
    assert json_of(his.post(f"/api/v1/executions/{sent}/cancel", json={}))["status"] == "cancelled"
    assert sent in str(json_of(world.holder("alice").get(f"/api/v1/executions?kernel={hers.uid}")))


def test_a_shared_kernel_is_named_by_its_uid_and_never_by_its_owners_word(world: World) -> None:
    hers, his = world.things(), world.holder("bob")
    world.share(hers.uid, "bob", "editor")
    name = json_of(his.get(f"/api/v1/kernels/{hers.uid}"))["id"]
    assert his.get(f"/api/v1/kernels/{name}").status_code == 404


def test_who_is_not_shared_with_any_more_is_out_also_from_sending_cells(world: World) -> None:
    hers, his = world.things(), world.holder("bob")
    world.share(hers.uid, "bob", "editor")
    url = f"/api/v1/kernels/{hers.uid}/executions"
    assert his.post(url, json={"code": "1"}).status_code == 202
    world.share(hers.uid, "vera", "viewer")
    assert his.post(url, json={"code": "1"}).status_code == 404
    assert his.get(f"/api/v1/kernels/{hers.uid}").status_code == 404
    assert hers.uid not in str(json_of(his.get("/api/v1/kernels")))
    assert his.get(f"/api/v1/executions/{hers.values['execution_id']}").status_code == 404


def test_another_process_sees_the_end_of_sharing_within_2_s(world: World) -> None:
    """What the application of this test remembers is not told by the server in which it is changed."""
    hers, his = world.things(), world.holder("bob")
    world.share(hers.uid, "bob", "editor")
    url = f"/api/v1/kernels/{hers.uid}/executions"
    assert his.post(url, json={"code": "1"}).status_code == 202
    with world.api.client("alice") as elsewhere:
        assert elsewhere.put(f"/kernels/{hers.uid}/shares", json={"shares": []}).status_code == 200
    wait_until(lambda: his.post(url, json={"code": "1"}).status_code == 404, 2.0)


def test_an_admin_does_everything_with_everybodys_kernel(world: World) -> None:
    hers, admin = world.things(), world.holder("admin")
    assert json_of(admin.get(f"/api/v1/kernels/{hers.uid}"))["access"] == "admin"
    assert json_of(admin.patch(f"/api/v1/kernels/{hers.uid}", json={"name": "x"}))["name"] == "x"
    assert json_of(admin.put(f"/api/v1/kernels/{hers.uid}/shares", json={"shares": []})) == {"shares": []}
    assert admin.delete(f"/api/v1/kernels/{hers.uid}").status_code == 202


def test_an_owner_who_became_a_viewer_only_looks(world: World) -> None:
    hers = world.things()
    user = json_of(world.holder("alice").get("/api/v1/me"))["user"]["id"]
    admin = world.holder("admin")
    json_of(admin.patch(f"/api/v1/users/{user}", json={"role": "viewer"}))
    try:
        assert json_of(world.holder("alice").get(f"/api/v1/kernels/{hers.uid}"))["access"] == "viewer"
        for path in ("start", "stop", "restart"):
            assert world.holder("alice").post(f"/api/v1/kernels/{hers.uid}/{path}").status_code == 403
    finally:
        json_of(admin.patch(f"/api/v1/users/{user}", json={"role": "editor"}))


def test_a_deleted_kernel_is_not_shared_any_more(world: World) -> None:
    hers, his = world.things(), world.holder("bob")
    world.share(hers.uid, "bob", "viewer")
    _delete(world, hers.uid)
    assert his.get(f"/api/v1/executions/{hers.values['execution_id']}").status_code == 404
    assert hers.values["execution_id"] not in str(json_of(his.get("/api/v1/executions")))
    assert world.holder("alice").get(f"/api/v1/executions/{hers.values['execution_id']}").status_code == 200


def _delete(world: World, uid: str) -> None:
    now = time.time()
    with world.api.services.ledger.write() as session:
        row: Any = kernels.get(session, uid)
        kernels.intend(session, row, DesiredState.DELETED, now)
        row = kernels.move(session, row, KernelState.STOPPING, now)
        kernels.mark_deleted(session, kernels.move(session, row, KernelState.STOPPED, now), now)
