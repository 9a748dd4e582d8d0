"""Requests that a page of another site makes a browser send."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.integration.access_world import World, json_of, status_of, world
from tests.integration.api_fixtures import api
from tests.integration.api_routes import routes
from web.auth.csrf import QUESTIONS
from web.auth.rules import PUBLIC, RULES, Role

__all__ = ["api", "world"]

HOST = "http://localhost"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.browser("alice")


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64, "another's"])
def test_a_change_without_the_sessions_token_is_refused_on_every_route(
    world: World, token: str | None
) -> None:
    """Also with the token of another session, which the attacker may have of their own."""
    hers = world.things()
    browser = world.browser("admin")
    if token == "another's":
        token = world.browser("bob").environ_base["HTTP_X_CSRF_TOKEN"]
    browser.environ_base.pop("HTTP_X_CSRF_TOKEN")
    headers = {} if token is None else {"X-CSRF-Token": token}
    tried = 0
    for route in routes(world.app):
        if not route.changes or route.endpoint in PUBLIC | QUESTIONS:
            continue
        answer = browser.open(**route.request(hers.values), headers=headers)
        assert answer.status_code == 403, route
        assert answer.get_json()["error"]["code"] == "csrf", route
        tried += 1
    assert tried >= 22
    assert json_of(browser.get("/api/v1/me"))["user"]["name"] == "admin"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_change_that_began_elsewhere_is_refused_even_with_the_token(
    world: World, browser: FlaskClient, headers: dict[str, str]
) -> None:
    for route in routes(world.app):
        if route.changes and route.endpoint not in PUBLIC and RULES[route.endpoint].role is not Role.ADMIN:
            answer = browser.open(**route.request(world_values()), headers=headers)
            assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "csrf"), route


def world_values() -> dict[str, str]:
    """Names of nothing: a request that is refused does not get that far."""
    ids = ("kernel_id", "execution_id", "token_id", "session_id", "user_id", "flow_id")
    ids += ("notebook_id", "run_id", "other_id", "group_id", "schedule_id", "node_id", "letter_id")
    return dict.fromkeys((*ids, "path", "artifact", "version"), "1")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_nobody_is_logged_in_by_another_sites_page(world: World, headers: dict[str, str]) -> None:
    secret = world.api.new_link("bob")
    client = world.app.test_client()
    assert client.post("/api/v1/login", json={"link": secret}, headers=headers).status_code == 403
    assert client.post("/api/v1/login", json={"link": secret}).status_code == 200


def test_our_own_page_may(browser: FlaskClient) -> None:
    own = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/api/v1/tokens", json={"name": "x"}, headers=own).status_code == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_api_is_not_read_from_elsewhere_but_links_to_pages_work(browser: FlaskClient, site: str) -> None:
    embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for headers in (embedded, framed):
        assert browser.get("/api/v1/kernels", headers=headers).status_code == 403
        assert browser.get("/api/v1/events?topics=kernels", headers=headers).status_code == 403
    assert browser.get("/api/v1/kernels", headers=followed).status_code == 200
    assert browser.get("/kernels", headers=followed).status_code in {200, 503}


def test_no_answer_invites_other_sites(world: World, browser: FlaskClient) -> None:
    headers = {"Origin": HOST, "Access-Control-Request-Method": "POST"}
    for path in ("/api/v1/kernels", "/api/v1/login", "/kernels"):
        answer = browser.options(path, headers=headers)
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_a_token_needs_no_second_one(world: World) -> None:
    holder = world.holder("alice")
    request = {"path": "/api/v1/tokens", "method": "POST", "json": {"name": "x"}}
    assert status_of(holder, {**request, "headers": {"Origin": "https://notebook.example"}}) == 201


def test_a_form_of_another_site_could_not_even_be_read(browser: FlaskClient) -> None:
    for mime in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        answer = browser.post("/api/v1/tokens", data=b'{"name":"x"}', content_type=mime)
        assert answer.status_code == 415
