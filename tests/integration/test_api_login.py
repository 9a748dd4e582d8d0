"""Coming in by a browser: passwords, one-time links, cookies, and how often one may try."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import redis

from tasks.ledger import links, users
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.ledger_rows import at_once
from web.app import make_app
from web.auth.limits import BUCKETS, MOST_BY_ADDRESS, MOST_BY_NAME, WINDOW_S, Limits
from web.auth.login import COOKIE

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

PASSWORD = "correct horse battery"
TRIES_TIMED = 8


@pytest.fixture(autouse=True)
def fresh(api: ApiServer) -> None:
    """Alice has a password; nobody tried anything yet."""
    api.set_password("alice", PASSWORD)
    api.forgive()


@pytest.fixture
def browser(api: ApiServer) -> Iterator[httpx.Client]:
    with api.client(None) as client:
        yield client


def log_in(browser: httpx.Client, name: str = "alice", password: str = PASSWORD) -> httpx.Response:
    return browser.post("/login", json={"name": name, "password": password})


def test_a_password_logs_in_and_the_answer_says_who_it_is(browser: httpx.Client) -> None:
    answer = log_in(browser)
    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "alice"
    assert answer.json()["user"]["role"] == "editor"
    me = browser.get("/me").json()
    assert me == {"user": answer.json()["user"], "csrf": answer.json()["csrf"], "flower": False}
    assert browser.get("/kernels").status_code == 200


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(browser: httpx.Client) -> None:
    given = log_in(browser).headers["Set-Cookie"]
    parts = {part.strip().partition("=")[0].lower() for part in given.split(";")}
    assert {"httponly", "samesite", "path", "max-age"} <= parts
    assert "domain" not in parts
    assert "secure" not in parts
    assert "SameSite=Lax" in given
    assert "Path=/" in given


def test_the_cookie_stays_on_tls_where_there_is_tls(browser: httpx.Client) -> None:
    answer = browser.post(
        "/login", json={"name": "alice", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("name", ["alice", "nobody at all", "bob", "vera"])
def test_what_was_wrong_is_not_told(browser: httpx.Client, name: str) -> None:
    """Alice has a password, bob and vera have none, and nobody is nobody."""
    answer = log_in(browser, name, "a wrong password")
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error["message"] == "the name or the password is wrong, or the link was used or has expired"
    assert {key: error[key] for key in ("code", "field")} == {"code": "unauthenticated", "field": None}
    assert "Set-Cookie" not in answer.headers


def test_the_answer_for_an_unknown_name_takes_about_as_long(api: ApiServer, browser: httpx.Client) -> None:
    def took_s(name: str) -> float:
        began = time.perf_counter()
        assert log_in(browser, name, "a wrong password").status_code == 401
        return time.perf_counter() - began

    # By turns, and the least of each: other load of the machine meets both.
    pairs = [(took_s("alice"), took_s("nobody at all")) for _ in range(TRIES_TIMED)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    # The hash alone takes tens of milliseconds: without it the one would be a small part of the other.
    assert 1 / 3 < unknown / known < 3


def test_a_disabled_account_is_refused_like_a_wrong_password(api: ApiServer, browser: httpx.Client) -> None:
    with api.services.ledger.write() as session:
        user = users.by_name(session, "alice")
        assert user is not None
        users.set_disabled(session, user.id, True)
    try:
        assert log_in(browser).json()["error"]["message"].startswith("the name or the password is wrong")
    finally:
        with api.services.ledger.write() as session:
            users.set_disabled(session, user.id, False)


def test_a_name_is_closed_after_some_wrong_tries_also_for_the_right_password(browser: httpx.Client) -> None:
    statuses = [log_in(browser, password="wrong wrong").status_code for _ in range(MOST_BY_NAME + 3)]
    assert statuses == [401] * MOST_BY_NAME + [429] * 3
    refused = log_in(browser)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S


def test_an_unknown_name_is_closed_in_the_same_way(browser: httpx.Client) -> None:
    statuses = [log_in(browser, "nobody", "wrong wrong").status_code for _ in range(MOST_BY_NAME + 1)]
    assert statuses == [401] * MOST_BY_NAME + [429]


def test_a_name_that_is_closed_comes_in_by_a_link(api: ApiServer, browser: httpx.Client) -> None:
    for _ in range(MOST_BY_NAME + 1):
        log_in(browser, password="wrong wrong")
    assert browser.post("/login", json={"link": api.new_link("alice")}).status_code == 200


def test_an_address_is_closed_after_many_tries_on_many_names(browser: httpx.Client) -> None:
    statuses = [log_in(browser, f"name{n}", "wrong wrong").status_code for n in range(MOST_BY_ADDRESS + 2)]
    assert statuses[:MOST_BY_ADDRESS] == [401] * MOST_BY_ADDRESS
    assert statuses[MOST_BY_ADDRESS:] == [429] * 2
    assert browser.post("/login", json={"link": "x" * 43}).status_code == 429


def statuses_from(api: ApiServer, proxies: int) -> list[int]:
    """Statuses of tries that each say to come from another address."""
    settings = api.settings.model_copy(update={"web_proxies": proxies})
    client = make_app(replace(api.services, settings=settings)).test_client()
    body = {"password": "wrong wrong"}
    return [
        client.post(
            "/api/v1/login", json={**body, "name": f"name{n}"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}
        ).status_code
        for n in range(MOST_BY_ADDRESS + 1)
    ]


def test_an_address_is_taken_from_headers_only_behind_the_proxies_that_are_set(api: ApiServer) -> None:
    assert statuses_from(api, 0)[-1] == 429
    api.forgive()
    assert set(statuses_from(api, 1)) == {401}


def test_who_logs_in_rightly_is_not_counted(browser: httpx.Client) -> None:
    for _ in range(MOST_BY_NAME * 2):
        assert log_in(browser).status_code == 200
    for _ in range(MOST_BY_NAME - 1):
        assert log_in(browser, password="wrong wrong").status_code == 401
    assert log_in(browser).status_code == 200


def test_counters_expire_and_there_are_only_so_many(api: ApiServer, browser: httpx.Client) -> None:
    for number in range(20):
        log_in(browser, f"name{number}", "wrong wrong")
    found = list(api.services.redis.scan_iter("husk:login:*"))
    assert 10 < len(found) <= 21
    assert all(0 < api.services.redis.ttl(key) <= WINDOW_S for key in found)
    assert all(int(key.rsplit(":", 1)[1]) < BUCKETS for key in found)


def test_without_the_counters_nobody_logs_in(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(Limits, "take", away)
    answer = (
        make_app(api.services)
        .test_client()
        .post("/api/v1/login", json={"name": "alice", "password": PASSWORD})
    )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_a_link_logs_in_once(api: ApiServer, browser: httpx.Client) -> None:
    secret = api.new_link("bob")
    assert browser.post("/login", json={"link": secret}).json()["user"]["name"] == "bob"
    assert browser.post("/login", json={"link": secret}).status_code == 401


def test_many_that_use_a_link_at_once_come_in_once(api: ApiServer) -> None:
    secret = api.new_link("bob")

    def use(_number: int) -> int:
        return httpx.post(f"{api.url}/login", json={"link": secret}, timeout=20).status_code

    assert sorted(map(int, at_once(6, use))) == [200, 401, 401, 401, 401, 401]  # type: ignore[arg-type]


def test_a_link_expires_after_a_day_and_ends_with_a_change_of_the_account(
    api: ApiServer, browser: httpx.Client
) -> None:
    with api.services.ledger.write() as session:
        user = users.by_name(session, "bob")
        assert user is not None
        old = links.create(session, user, time.time() - links.LASTS_S - 1)[1]
        ended = links.create(session, user, time.time())[1]
        users.set_password(session, user.id, user.password_hash or "x")
    for secret in (old, ended, "", "x"):
        if secret:
            assert browser.post("/login", json={"link": secret}).status_code == 401
    assert links.LASTS_S == 86_400


def test_neither_link_nor_password_nor_cookie_is_kept_in_clear(api: ApiServer, browser: httpx.Client) -> None:
    secret = api.new_link("bob")
    browser.post("/login", json={"link": secret})
    log_in(browser)
    cookie = browser.cookies[COOKIE]
    kept = b"".join(path.read_bytes() for path in api.folder.glob("husk.db*"))
    log = api.log_path.read_text()
    for text in (secret, PASSWORD, cookie):
        assert text.encode() not in kept
        assert text not in log
    assert b"$argon2id$v=19$" in kept


def test_a_session_that_was_put_into_the_browser_before_is_not_used(api: ApiServer) -> None:
    with api.client(None, cookies={COOKIE: "chosen-by-somebody-else"}) as browser:
        assert log_in(browser).cookies[COOKIE] != "chosen-by-somebody-else"
    with api.client(None, cookies={COOKIE: "chosen-by-somebody-else"}) as attacker:
        assert attacker.get("/me").status_code == 401


def test_logging_in_again_ends_the_session_that_the_browser_had(
    api: ApiServer, browser: httpx.Client
) -> None:
    log_in(browser)
    first = browser.cookies[COOKIE]
    log_in(browser)
    assert browser.cookies[COOKIE] != first
    with api.client(None, cookies={COOKIE: first}) as other:
        assert other.get("/me").status_code == 401


def test_a_cookie_of_another_instance_opens_nothing(api: ApiServer) -> None:
    for text in ("x" * 43, "", "x" * 5_000, "é", "husk_" + "x" * 43, api.tokens["alice"]):
        header = {"Cookie": f"{COOKIE}={text}".encode()}
        assert httpx.get(f"{api.url}/me", headers=header).status_code == 401


def test_a_token_counts_before_a_cookie(api: ApiServer, browser: httpx.Client) -> None:
    log_in(browser)
    header = {"Authorization": f"Bearer {api.tokens['bob']}"}
    assert browser.get("/me", headers=header).json()["user"]["name"] == "bob"
    assert browser.get("/me", headers={"Authorization": "Bearer husk_wrong"}).status_code == 401


def test_where_to_go_on_is_the_servers_word_and_never_the_requests(
    api: ApiServer, browser: httpx.Client
) -> None:
    for query in ("?next=//evil.example", "?landing=https://evil.example"):
        answer = browser.post(f"/login{query}", json={"name": "alice", "password": PASSWORD})
        assert answer.status_code == 422
    assert log_in(browser).json()["landing"] is None
    root = f"http://127.0.0.1:{api.port}"
    for path in ("/?next=//evil.example", "//evil.example", "/\\evil.example", "/%2f%2fevil.example"):
        with httpx.Client(follow_redirects=False) as plain:
            place = plain.get(f"{root}{path}").headers.get("Location", "")
        assert place in {"", "/kernels"}, (path, place)
