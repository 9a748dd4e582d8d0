"""What a browser is given: pages, their policies, displays that reach nothing, downloads that do not open."""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from broker_config.wire.events import Display, Event, Started
from tasks.objects.keys import kernel_prefix
from tests.integration.access_world import World, json_of, status_of, world
from tests.integration.api_fixtures import api
from tests.integration.api_routes import routes
from web.context import KEY
from web.pages.built import Built

__all__ = ["api", "world"]

PAGE = '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><script src="/assets/a-1.js"></script>'
SCRIPT = "console.log('a');\n" * 200
PAGES = (
    *("/login", "/kernels", "/kernels/abc", "/account", "/system", "/system/users", "/system/audit"),
    *("/catalog", "/catalog/a%20model", "/files"),
)
HOSTILE = "<script>fetch('/api/v1/kernels')</script><b id=x>hello</b>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A front end as a build leaves it."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text(PAGE)
    (tmp_path / "dist" / "assets" / "a-1.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("outside")
    return tmp_path / "dist"


@pytest.fixture
def visitor(world: World, folder: Path) -> FlaskClient:
    """Somebody before the front end, not logged in."""
    world.app.extensions[KEY] = replace(world.app.extensions[KEY], pages=Built(folder))
    return world.app.test_client()


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}


def test_each_page_is_the_one_page_with_a_nonce_of_its_own(visitor: FlaskClient) -> None:
    nonces = set()
    for path in PAGES:
        answer = visitor.get(path)
        assert answer.status_code == 200
        found = re.search(r'content="([^"]+)"', answer.text)
        assert found is not None
        policy = directives(answer.headers["Content-Security-Policy"])
        assert f"'nonce-{found[1]}'" in policy["style-src"]
        assert policy["script-src"] == policy["default-src"] == policy["frame-src"] == ["'self'"]
        for name in ("object-src", "base-uri", "frame-ancestors"):
            assert policy[name] == ["'none'"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        nonces.add(found[1])
    assert len(nonces) == len(PAGES)
    assert visitor.get("/").headers["Location"] == "/kernels"


def test_assets_are_kept_for_ever_and_sent_compressed(visitor: FlaskClient) -> None:
    answer = visitor.get("/assets/a-1.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data).decode() == SCRIPT
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert visitor.get("/assets/a-1.js").text == SCRIPT


@pytest.mark.parametrize(
    "path",
    ["../../secret.txt", "..%2f..%2fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "nothing.js", "/etc/passwd"],
)
def test_nothing_outside_of_the_built_folder_is_given(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(f"/assets/{path}")
    assert answer.status_code == 404
    assert "outside" not in answer.text


def test_a_link_out_of_the_built_folder_is_not_followed(visitor: FlaskClient, folder: Path) -> None:
    (folder / "assets" / "out.txt").symlink_to(folder.parent / "secret.txt")
    assert visitor.get("/assets/out.txt").status_code == 404


def test_a_new_build_is_served_without_a_restart(visitor: FlaskClient, folder: Path) -> None:
    visitor.get("/kernels")
    (folder / "index.html").write_text(PAGE + "<p>newer</p>")
    assert "newer" in visitor.get("/kernels").text


def test_without_a_build_the_page_says_how_to_make_it(visitor: FlaskClient, folder: Path) -> None:
    (folder / "index.html").unlink()
    answer = visitor.get("/kernels")
    assert answer.status_code == 503
    assert "make up" in answer.text
    assert visitor.get("/assets/a-1.js").status_code == 404


def test_every_answer_has_the_headers_of_safety(world: World) -> None:
    hers, browser = world.things(), world.browser("admin")
    for route in routes(world.app):
        if route.changes or route.endpoint.startswith("events.") or route.endpoint.startswith("flower."):
            continue
        answer = browser.open(**route.request(hers.values), buffered=False)
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff", route
        assert headers["Referrer-Policy"] == "no-referrer", route
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", route
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", route
        assert headers["X-Frame-Options"] == "DENY", route
        assert directives(headers["Content-Security-Policy"])["frame-ancestors"] == ["'none'"], route
        assert headers["X-Request-Id"], route
        answer.close()
    for path in ("/nothing", "/api/v1/nothing", "//x", "/assets/.."):
        assert browser.get(path).headers["X-Frame-Options"] == "DENY"
    assert status_of(browser, {"path": "/api/v1/kernels", "method": "TRACE"}) == 405


def shown(world: World, html: str) -> tuple[FlaskClient, str]:
    """A cell that runs and has displayed HTML: alice's browser, and the display's address."""
    hers = world.things()
    cell = hers.values["execution_id"]
    world.api.say(hers.uid, Event(cell, 0, 1.0, Started("g")))
    world.api.say(hers.uid, Event(cell, 1, 1.0, Display("d", "t", {"text/html": html, "text/plain": "x"})))
    return world.browser("alice"), f"/api/v1/executions/{cell}/displays/d/raw"


def test_html_is_shown_where_its_scripts_reach_nothing(world: World) -> None:
    browser, url = shown(world, HOSTILE)
    answer = browser.get(url)
    assert answer.status_code == 200
    assert HOSTILE in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["sandbox"] == ["allow-scripts"]
    assert policy["default-src"] == ["'none'"]
    assert policy["img-src"] == ["data:", "blob:"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert "connect-src" not in policy
    assert answer.text.index("parent.postMessage") < answer.text.index(HOSTILE)


def test_html_is_no_page_of_its_own(world: World) -> None:
    """Somebody else's cell could show a login there, below our address."""
    browser, url = shown(world, HOSTILE)
    opened = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    framed = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert browser.get(url, headers=opened).status_code == 403
    assert browser.get(url, headers=framed).status_code == 200


def test_large_html_comes_from_its_kernels_own_object(world: World) -> None:
    hers = world.things()
    cell, key = hers.values["execution_id"], f"{kernel_prefix(hers.uid)}big-html"
    body = f"<p>{'x' * 100_000}</p>".encode()
    world.api.services.store.put_stream(key, io.BytesIO(body), len(body))
    world.api.say(hers.uid, Event(cell, 0, 1.0, Started("g")))
    data = {"text/html": {"ref": key, "size": len(body)}}
    world.api.say(hers.uid, Event(cell, 1, 1.0, Display("d", "t", data)))
    answer = world.browser("alice").get(f"/api/v1/executions/{cell}/displays/d/raw")
    assert answer.data.endswith(body)


def test_what_is_no_html_of_that_cell_is_not_found(world: World) -> None:
    browser, url = shown(world, HOSTILE)
    for other in ("e", "..", "d%00", "%2e%2e%2fraw"):
        assert browser.get(url.replace("/d/", f"/{other}/")).status_code == 404
    hers = world.things()
    cell = hers.values["execution_id"]
    world.api.say(hers.uid, Event(cell, 0, 1.0, Started("g")))
    for number, content in enumerate((5, {"ref": "u/1/stolen", "size": 4}, {"ref": 1}, None, [1])):
        world.api.say(
            hers.uid, Event(cell, number + 1, 1.0, Display(f"d{number}", "t", {"text/html": content}))
        )
        assert browser.get(f"/api/v1/executions/{cell}/displays/d{number}/raw").status_code == 404


def test_a_display_is_for_those_who_may_see_the_cell(world: World) -> None:
    _, url = shown(world, HOSTILE)
    assert world.app.test_client().get(url).status_code == 401
    assert world.holder("bob").get(url).status_code == 404


def test_files_are_downloaded_and_never_opened(world: World) -> None:
    browser = world.browser("alice")
    for name in ("page.html", "picture.svg", "script.js"):
        browser.put(f"/api/v1/files/{name}", data=HOSTILE.encode())
        headers = browser.get(f"/api/v1/files/{name}").headers
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]


def test_flower_is_for_admins_sessions_and_says_when_it_is_away(world: World) -> None:
    for person, status in (("alice", 403), ("vera", 403), ("admin", 503)):
        assert world.browser(person).get("/flower/").status_code == status
    assert world.holder("admin").get("/flower/").status_code == 403
    assert json_of(world.browser("admin").get("/api/v1/me"))["flower"] is True
    assert json_of(world.browser("alice").get("/api/v1/me"))["flower"] is False
