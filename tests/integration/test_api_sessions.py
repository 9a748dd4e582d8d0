"""What ends a session, and with it its streams."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tasks.ledger import sessions, tokens
from tasks.ledger.sessions import MOST_OF_ONE
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.waiting import wait_until
from web.auth.login import COOKIE

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

ENDS_WITHIN_S = 5.0
OLD, NEW = "an old long password", "a new long password!"


@pytest.fixture(autouse=True)
def fresh(api: ApiServer) -> None:
    api.forgive()


@pytest.fixture
def hers(api: ApiServer) -> Iterator[httpx.Client]:
    """Alice's browser."""
    with api.browser("alice") as browser:
        yield browser


@contextmanager
def streaming(api: ApiServer, cookie: str) -> Iterator[Callable[[], float]]:
    """A stream of a session; call what comes with it to wait for its end: seconds since it was called."""
    lines: list[str] = []
    over = threading.Event()
    opened = threading.Event()

    def follow() -> None:
        with httpx.stream(
            "GET", f"{api.url}/events?topics=kernels", headers={"Cookie": f"{COOKIE}={cookie}"}, timeout=30
        ) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                lines.append(line)
                opened.set()
        over.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    assert opened.wait(10)

    def ended() -> float:
        began = time.monotonic()
        assert over.wait(15), lines
        assert any("unauthenticated" in line for line in lines), lines
        return time.monotonic() - began

    yield ended
    thread.join(15)


def shared(alice: httpx.Client, uid: str, with_bob: bool) -> None:
    people = [{"user": "bob", "role": "viewer"}] if with_bob else []
    assert alice.put(f"/kernels/{uid}/shares", json={"shares": people}).status_code == 200


def test_a_stream_of_a_shared_kernel_ends_within_5_s_of_its_sharing(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    shared(alice, ready["uid"], True)
    header = {"Authorization": f"Bearer {api.tokens['bob']}"}
    url = f"{api.url}/events?topics=kernels,kernel:{ready['uid']}"
    with httpx.stream("GET", url, headers=header, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        began = time.monotonic()
        shared(alice, ready["uid"], False)
        rest = list(lines)
    assert time.monotonic() - began < ENDS_WITHIN_S
    assert any("not_found" in line for line in rest)


def test_a_list_of_kernels_is_told_what_is_shared_and_what_no_more(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any], kernel: dict[str, Any]
) -> None:
    header = {"Authorization": f"Bearer {api.tokens['bob']}"}
    with httpx.stream("GET", f"{api.url}/events?topics=kernels", headers=header, timeout=20) as stream:
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        shared(alice, ready["uid"], True)
        first = next(told)
        assert (first["kernel_id"], first["kernel"]["access"]) == (ready["uid"], "viewer")
        alice.patch(f"/kernels/{ready['uid']}", json={"name": "renamed"})
        assert next(told)["kernel"]["name"] == "renamed"
        shared(alice, ready["uid"], False)
        assert next(told) == {"type": "kernel", "kernel_id": ready["uid"], "kernel": None}
        # Of what bob does not see, nothing is told any more.
        alice.patch(f"/kernels/{ready['uid']}", json={"name": "again"})
        bob.post("/kernels", json={"id": "his"})
        assert next(told)["kernel"]["id"] == "his"


def me_of(client: httpx.Client) -> int:
    return int(client.get("/me").json()["user"]["id"])


def _log_out(api: ApiServer, hers: httpx.Client, admin: httpx.Client) -> None:
    assert hers.post("/logout").status_code == 204


def _end_it_from_another(api: ApiServer, hers: httpx.Client, admin: httpx.Client) -> None:
    current = next(row["id"] for row in hers.get("/sessions").json()["items"] if row["current"])
    with api.browser("alice") as other:
        assert other.delete(f"/sessions/{current}").status_code == 204


def _disable(api: ApiServer, hers: httpx.Client, admin: httpx.Client) -> None:
    user_id = me_of(hers)
    assert admin.patch(f"/users/{user_id}", json={"disabled": True}).status_code == 200
    assert admin.patch(f"/users/{user_id}", json={"disabled": False}).status_code == 200


def _change_password(api: ApiServer, hers: httpx.Client, admin: httpx.Client) -> None:
    with api.browser("alice") as other:
        assert other.patch(f"/users/{me_of(other)}", json={"password": NEW}).status_code == 200
        assert other.get("/me").status_code == 200


def _change_role(api: ApiServer, hers: httpx.Client, admin: httpx.Client) -> None:
    user_id = me_of(hers)
    assert admin.patch(f"/users/{user_id}", json={"role": "viewer"}).status_code == 200
    assert admin.patch(f"/users/{user_id}", json={"role": "editor"}).status_code == 200


@pytest.mark.parametrize("end", [_log_out, _end_it_from_another, _disable, _change_password, _change_role])
def test_a_session_and_its_stream_end_within_5_s(
    api: ApiServer, hers: httpx.Client, admin: httpx.Client, end: Callable[..., None]
) -> None:
    cookie = hers.cookies[COOKIE]
    with streaming(api, cookie) as ended:
        end(api, hers, admin)
        with api.client(None, cookies={COOKIE: cookie}) as same:
            assert same.get("/me").status_code == 401
        assert ended() < ENDS_WITHIN_S


def test_another_web_process_refuses_an_ended_session_within_2_s(api: ApiServer, hers: httpx.Client) -> None:
    """The ledger changes behind the process's back, as another one does it."""
    row = next(row for row in hers.get("/sessions").json()["items"] if row["current"])
    with streaming(api, hers.cookies[COOKIE]) as ended:
        with api.services.ledger.write() as session:
            sessions.end(session, me_of(hers), row["id"], time.time())
        wait_until(lambda: hers.get("/me").status_code == 401, 2.0)
        assert ended() < ENDS_WITHIN_S


def test_another_web_process_refuses_a_revoked_token_within_2_s(api: ApiServer, bob: httpx.Client) -> None:
    made = bob.post("/tokens", json={"name": "short"}).json()
    header = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{api.url}/me", headers=header).status_code == 200
    with api.services.ledger.write() as session:
        tokens.revoke(session, me_of(bob), made["id"], time.time())
    wait_until(lambda: httpx.get(f"{api.url}/me", headers=header).status_code == 401, 2.0)


def test_logging_out_takes_the_cookie_away_and_others_stay(api: ApiServer, hers: httpx.Client) -> None:
    with api.browser("alice") as other:
        answer = hers.post("/logout")
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        assert other.get("/me").status_code == 200


def test_ones_sessions_are_listed_and_nobody_elses(api: ApiServer, hers: httpx.Client) -> None:
    with api.browser("bob") as his, api.client(None) as named:
        named.headers["User-Agent"] = "A browser <b>"
        named.post("/login", json={"link": api.new_link("alice")})
        rows = named.get("/sessions").json()["items"]
        assert [row["current"] for row in rows].count(True) == 1
        assert rows[-1]["agent"] == "A browser <b>"
        assert rows[-1]["address"] == "127.0.0.1"
        ours = {row["id"] for row in rows}
        assert not ours & {row["id"] for row in his.get("/sessions").json()["items"]}
        assert his.delete(f"/sessions/{rows[-1]['id']}").status_code == 404
        assert "sha256" not in str(rows)


def test_ones_own_password_needs_the_old_one(api: ApiServer) -> None:
    api.set_password("bob", OLD)
    with api.client(None) as browser:
        csrf = browser.post("/login", json={"name": "bob", "password": OLD}).json()["csrf"]
        browser.headers["X-CSRF-Token"] = csrf
        url = f"/users/{me_of(browser)}"
        for body in ({"password": NEW}, {"password": NEW, "old_password": "wrong"}):
            refused = browser.patch(url, json=body)
            assert refused.status_code == 422
            assert refused.json()["error"]["field"] == "old_password"
        assert browser.patch(url, json={"password": NEW, "old_password": OLD}).status_code == 200
        assert browser.get("/me").json()["csrf"] == csrf
        assert browser.post("/login", json={"name": "bob", "password": OLD}).status_code == 401
        assert browser.post("/login", json={"name": "bob", "password": NEW}).status_code == 200


def test_the_old_password_cannot_be_found_by_trying(api: ApiServer) -> None:
    api.set_password("bob", OLD)
    with api.browser("bob") as browser:
        url = f"/users/{me_of(browser)}"
        body = {"password": NEW, "old_password": "wrong"}
        statuses = [browser.patch(url, json=body).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2


def test_who_came_by_a_link_sets_a_password_without_the_old_one(api: ApiServer) -> None:
    api.set_password("bob", OLD)
    with api.browser("bob") as browser:
        assert browser.patch(f"/users/{me_of(browser)}", json={"password": NEW}).status_code == 200
        assert browser.get("/me").json()["user"]["has_password"] is True


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "alice", "alice12", "x" * 201])
def test_a_password_that_is_easily_guessed_is_refused(hers: httpx.Client, password: str) -> None:
    refused = hers.patch(f"/users/{me_of(hers)}", json={"password": password})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "password"


def test_one_cannot_give_oneself_rights_nor_lock_oneself_out(hers: httpx.Client, admin: httpx.Client) -> None:
    assert hers.patch(f"/users/{me_of(hers)}", json={"role": "admin"}).status_code == 403
    assert hers.patch(f"/users/{me_of(hers)}", json={"disabled": False}).status_code == 403
    for body in ({"role": "viewer"}, {"disabled": True}):
        assert admin.patch(f"/users/{me_of(admin)}", json=body).status_code == 409


def test_a_user_has_only_so_many_sessions(api: ApiServer) -> None:
    def one_more() -> dict[str, Any]:
        with api.client(None) as browser:
            browser.post("/login", json={"link": api.new_link("vera")})
            return dict(browser.get("/sessions?limit=500").json())

    counts = [len(one_more()["items"]) for _ in range(MOST_OF_ONE + 3)]
    assert max(counts) == MOST_OF_ONE
