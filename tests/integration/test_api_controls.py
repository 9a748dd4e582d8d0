"""Each control holds, and the test that says so fails when the control is taken out."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, true

from broker_config.wire.events import Display, Event, Started
from tasks.ledger import audit, kernels, links, sessions
from tasks.ledger.models import BrowserSession, LoginLink, User
from tests.integration.access_world import World, json_of
from tests.integration.api_fixtures import api
from tests.integration.api_server import ApiServer
from tests.integration.test_api_sessions import NEW, OLD
from web.api import accounts, displays, tokens
from web.app import make_app
from web.auth import cookies, csrf, limits, login, passwords, rules
from web.auth.login import Caller, Logins
from web.context import KEY
from web.kernel_ids import KernelIds
from web.live import looks
from web.pages import headers, spa

__all__ = ["api"]

Patch = Callable[[pytest.MonkeyPatch], None]
Probe = Callable[[World], None]
ENDS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Control:
    """What takes it out, and what says that it is there."""

    take_out: Patch
    holds: Probe


def instead(where: Any, name: str, value: Any) -> Patch:
    """Take a control out by putting something else in its place."""
    return lambda monkeypatch: monkeypatch.setattr(where, name, value)


def nothing(*_: Any, **__: Any) -> None:
    """A control that looks away."""


def kernels_url(uid: str, rest: str = "") -> str:
    return f"/api/v1/kernels/{uid}{rest}"


# What holds ---------------------------------------------------------------------------------------


def nobody_comes_in_without_a_login(world: World) -> None:
    assert world.app.test_client().get("/api/v1/kernels").status_code == 401


def a_viewer_makes_nothing(world: World) -> None:
    assert world.holder("vera").post("/api/v1/kernels", json={"id": "x"}).status_code == 403


def who_may_look_does_not_start(world: World) -> None:
    hers = world.things()
    world.share(hers.uid, "bob", "viewer")
    assert world.holder("bob").post(kernels_url(hers.uid, "/start")).status_code == 403


def what_is_somebody_elses_is_not_there(world: World) -> None:
    assert world.holder("bob").get(kernels_url(world.things().uid)).status_code == 404


def a_change_needs_the_sessions_token(world: World) -> None:
    browser = world.browser("alice")
    browser.environ_base.pop("HTTP_X_CSRF_TOKEN")
    assert browser.post("/api/v1/tokens", json={"name": "x"}).status_code == 403


def a_change_does_not_begin_elsewhere(world: World) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = world.browser("alice").post("/api/v1/tokens", json={"name": "x"}, headers=foreign)
    assert answer.status_code == 403


def guessing_ends(world: World) -> None:
    client = world.app.test_client()
    wrong = {"name": "alice", "password": "wrong wrong"}
    statuses = {client.post("/api/v1/login", json=wrong).status_code for _ in range(limits.MOST_BY_NAME + 1)}
    assert 429 in statuses


def an_unknown_name_costs_a_hash(world: World) -> None:
    kept = world.app.extensions[KEY].passwords
    compared: list[str] = []
    hasher = kept._hasher

    def verify(hashed: str, plain: str) -> bool:
        compared.append(hashed)
        return bool(hasher.verify(hashed, plain))

    kept._hasher = SimpleNamespace(verify=verify)
    for name in ("nobody", "vera"):
        world.app.test_client().post("/api/v1/login", json={"name": name, "password": "wrong wrong"})
    assert compared == [kept._nobodys] * 2


def another_password_ends_sessions(world: World) -> None:
    old = world.browser("bob")
    world.api.set_password("bob", OLD)
    world.app.extensions[KEY].logins.forget()
    assert old.get("/api/v1/me").status_code == 401


def a_link_serves_once(world: World) -> None:
    secret = world.api.new_link("bob")
    statuses = [
        world.app.test_client().post("/api/v1/login", json={"link": secret}).status_code for _ in range(2)
    ]
    assert statuses == [200, 401]


def no_script_reads_the_cookie(world: World) -> None:
    answer = world.app.test_client().post("/api/v1/login", json={"link": world.api.new_link("bob")})
    assert {"HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))


def logging_out_ends_it(world: World) -> None:
    browser = world.browser("alice")
    cookie = browser.get_cookie(login.COOKIE)
    assert cookie is not None
    browser.post("/api/v1/logout")
    browser.set_cookie(login.COOKIE, cookie.value)
    assert browser.get("/api/v1/me").status_code == 401


def no_page_frames_ours(world: World) -> None:
    answer = world.app.test_client().get("/kernels")
    assert answer.headers.get("X-Frame-Options") == "DENY"


def our_page_runs_its_own_scripts_alone(world: World) -> None:
    policy = world.app.test_client().get("/kernels").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy


def nothing_outside_of_the_built_pages_is_given(world: World) -> None:
    client = world.app.test_client()
    assert client.get("/assets/../../package.json").status_code == 404


def a_token_that_reads_changes_nothing(world: World) -> None:
    made = json_of(world.holder("alice").post("/api/v1/tokens", json={"name": "r", "scope": "read"}))
    client = world.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {made['token']}"
    assert client.post("/api/v1/tokens", json={"name": "w"}).status_code == 403


def a_viewers_tokens_only_read(world: World) -> None:
    wanted = {"name": "w", "scope": "write"}
    assert world.holder("vera").post("/api/v1/tokens", json=wanted).status_code == 403


def a_display_runs_in_a_sandbox(world: World) -> None:
    browser, url = _displayed(world, "<b>x</b>")
    assert "sandbox allow-scripts;" in browser.get(url).headers["Content-Security-Policy"]


def a_display_refers_to_its_kernels_objects_alone(world: World) -> None:
    world.api.services.store.put_stream("u/other/secret", io.BytesIO(b"stolen"), 6)
    browser, url = _displayed(world, {"ref": "u/other/secret", "size": 6})
    assert browser.get(url).status_code == 404


def a_change_leaves_an_event(world: World) -> None:
    before = world.events()[:1]
    world.holder("alice").post("/api/v1/tokens", json={"name": "x"})
    assert world.events()[:1] != before


def ones_own_password_needs_the_old_one(world: World) -> None:
    world.api.set_password("bob", OLD)
    client = world.app.test_client()
    given = json_of(client.post("/api/v1/login", json={"name": "bob", "password": OLD}))
    url, body = f"/api/v1/users/{given['user']['id']}", {"password": NEW, "old_password": "wrong"}
    assert client.patch(url, json=body, headers={"X-CSRF-Token": given["csrf"]}).status_code == 422


def an_easy_password_is_refused(world: World) -> None:
    browser = world.browser("bob")
    url = f"/api/v1/users/{json_of(browser.get('/api/v1/me'))['user']['id']}"
    assert browser.patch(url, json={"password": "short"}).status_code == 422


def who_is_shared_with_no_more_sends_no_cells(world: World) -> None:
    hers, his = world.things(), world.holder("bob")
    world.share(hers.uid, "bob", "editor")
    assert his.post(kernels_url(hers.uid, "/executions"), json={"code": "1"}).status_code == 202
    world.share(hers.uid, "vera", "viewer")
    assert his.post(kernels_url(hers.uid, "/executions"), json={"code": "1"}).status_code == 404


def a_stream_ends_with_its_session(world: World) -> None:
    browser = world.browser("alice")
    answer = browser.get("/api/v1/events?topics=kernels", buffered=False)
    over = threading.Event()

    def follow() -> None:
        for _ in answer.response:
            pass
        over.set()

    threading.Thread(target=follow, daemon=True).start()
    browser.post("/api/v1/logout")
    assert over.wait(ENDS_WITHIN_S)


def _displayed(world: World, html: Any) -> tuple[FlaskClient, str]:
    hers = world.things()
    cell = hers.values["execution_id"]
    world.api.say(hers.uid, Event(cell, 0, 1.0, Started("g")))
    world.api.say(hers.uid, Event(cell, 1, 1.0, Display("d", "t", {"text/html": html})))
    return world.browser("alice"), f"/api/v1/executions/{cell}/displays/d/raw"


# What takes it out --------------------------------------------------------------------------------


def _everybody_is_admin(_logins: Logins, _given: Any) -> Caller:
    return Caller(User(id=1, name="admin", role="admin", disabled=False, created_at=0.0), "write", None)


def _any_version(s: Any, plain: str, now: float) -> Any:
    query = select(User, BrowserSession).join(BrowserSession, BrowserSession.user_id == User.id)
    return s.execute(query.where(BrowserSession.sha256 == sessions.sha256(plain))).one_or_none()


def _again_and_again(s: Any, plain: str, now: float) -> Any:
    return s.execute(
        select(User, LoginLink)
        .join(LoginLink, LoginLink.user_id == User.id)
        .where(LoginLink.sha256 == links.sha256(plain))
    ).one_or_none()


def _bare_cookie(response: Any, _request: Any, plain: str, _lasts_s: float) -> None:
    response.set_cookie(login.COOKIE, plain)


def _at_once(_self: Any, kept: str | None, plain: str, matches: Any = passwords.Passwords.matches) -> bool:
    return False if kept is None else bool(matches(_self, kept, plain))


def _remembers_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KernelIds, "forget", nothing)
    monkeypatch.setattr("web.kernel_ids.REMEMBERED_S", 1e9)


CONTROLS = {
    "login": Control(instead(Logins, "caller", _everybody_is_admin), nobody_comes_in_without_a_login),
    "roles": Control(instead(rules, "check", nothing), a_viewer_makes_nothing),
    "access": Control(instead(rules, "check_access", nothing), who_may_look_does_not_start),
    "ownership": Control(
        instead(kernels, "may_see", lambda _user: true()), what_is_somebody_elses_is_not_there
    ),
    "token of the session": Control(
        instead(csrf, "check", lambda request, _caller: csrf.check_origin(request)),
        a_change_needs_the_sessions_token,
    ),
    "origin": Control(instead(csrf, "check_origin", nothing), a_change_does_not_begin_elsewhere),
    "limit": Control(instead(limits.Limits, "take", nothing), guessing_ends),
    "same time": Control(instead(passwords.Passwords, "matches", _at_once), an_unknown_name_costs_a_hash),
    "version": Control(instead(sessions, "authenticate", _any_version), another_password_ends_sessions),
    "once": Control(instead(links, "use", _again_and_again), a_link_serves_once),
    "cookie": Control(instead(cookies, "put", _bare_cookie), no_script_reads_the_cookie),
    "logout": Control(instead(sessions, "end", nothing), logging_out_ends_it),
    "frames": Control(instead(headers, "HEADERS", {}), no_page_frames_ours),
    "policy of pages": Control(instead(spa, "POLICY", "default-src *"), our_page_runs_its_own_scripts_alone),
    "built folder": Control(
        instead(Path, "is_relative_to", lambda *_: True), nothing_outside_of_the_built_pages_is_given
    ),
    "scope": Control(instead(rules, "READS", {"GET", "POST"}), a_token_that_reads_changes_nothing),
    "scope of viewers": Control(
        instead(tokens, "_scope", lambda _user, wanted: wanted), a_viewers_tokens_only_read
    ),
    "sandbox": Control(instead(displays, "POLICY", "default-src *"), a_display_runs_in_a_sandbox),
    "own objects": Control(
        instead(displays, "kernel_prefix", lambda _uid: ""), a_display_refers_to_its_kernels_objects_alone
    ),
    "audit": Control(instead(audit, "note", nothing), a_change_leaves_an_event),
    "old password": Control(instead(accounts, "_check_old", nothing), ones_own_password_needs_the_old_one),
    "hard password": Control(instead(passwords, "check_new", nothing), an_easy_password_is_refused),
    "end of sharing": Control(_remembers_for_ever, who_is_shared_with_no_more_sends_no_cells),
    "streams look again": Control(instead(looks, "LOGIN_AGAIN_S", 1e9), a_stream_ends_with_its_session),
}


def probe(api: ApiServer, control: Control) -> None:
    api.forgive()
    app = make_app(api.services)
    try:
        control.holds(World(api, app))
    finally:
        app.extensions[KEY].streams.close()


@pytest.mark.parametrize("name", CONTROLS)
def test_the_control_holds(api: ApiServer, name: str) -> None:
    probe(api, CONTROLS[name])


@pytest.mark.parametrize("name", CONTROLS)
def test_its_test_fails_without_it(api: ApiServer, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    CONTROLS[name].take_out(monkeypatch)
    with pytest.raises(AssertionError) as failed:
        probe(api, CONTROLS[name])
    # It failed at what it says, not on the way there.
    assert failed.traceback[-1].name == CONTROLS[name].holds.__name__
