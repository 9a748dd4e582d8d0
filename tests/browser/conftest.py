"""A stack with its pages, and Chromium, for all tests of this folder; a login of its own for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.cells import CellsPage
from tests.browser.chromium import SIZE, Watch, launched
from tests.integration.package_index import Index, serving, with_base_set
from tests.integration.stack.stack_fixture import Stack
from tests.requirements import require
from web.pages.built import FOLDER

PATIENCE_MS = 15_000
LOGIN_MS = 45_000
"""Over the 30 s after which a page gives up a request and says so: then the failure tells the reason."""
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, launched(playwright) as found:
        yield found


@pytest.fixture(scope="package")
def index() -> Iterator[Index]:
    """Where the stack's packages come from: empty ones of the base set, and what tests put there."""
    with serving() as served:
        with_base_set(served)
        yield served


@pytest.fixture(scope="package")
def stack(browser: Browser, index: Index, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is up and has its pages."""
    if not (FOLDER / "index.html").is_file():
        require("chromium", "the pages are not built: make frontend")
    made = Stack(tmp_path_factory.mktemp("stack"))
    made.environ["HUSK_INDEX_URL"] = index.url
    try:
        made.up()
        yield made
    finally:
        made.sweep()


@pytest.fixture(scope="package")
def api(stack: Stack) -> Iterator[httpx.Client]:
    """The API, as the command line's user."""
    token = (stack.data_dir / "admin.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="package")
def logged_in(stack: Stack, browser: Browser) -> dict[str, Any]:
    """Cookies of the admin's session."""
    context = browser.new_context()
    page = context.new_page()
    come_in(page, one_time_link(stack, "admin"))
    state = cast("dict[str, Any]", context.storage_state())
    context.close()
    return {**state, "origins": []}


@pytest.fixture
def watched() -> Iterator[list[Watch]]:
    """Watches of all contexts of a test; at its end none may have seen anything."""
    watches: list[Watch] = []
    yield watches
    assert [error for watch in watches for error in watch.errors] == []


@pytest.fixture
def new_context(
    stack: Stack, browser: Browser, logged_in: dict[str, Any], watched: list[Watch]
) -> Iterator[NewContext]:
    """Makes browsers that share nothing, logged in as the admin unless told otherwise."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(
            **{"base_url": stack.url, "storage_state": logged_in, "viewport": SIZE, **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        watched.append(Watch(context))
        made.append(context)
        return context

    yield make
    breaches = [told for watch in watched for told in watch.breaches()]
    for context in made:
        context.close()
    assert breaches == []


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A page of a logged-in browser."""
    return new_context().new_page()


@pytest.fixture
def cells(page: Page, request: pytest.FixtureRequest) -> CellsPage:
    """The example's kernel, in a namespace of the test's own."""
    return CellsPage(page, "flights", namespace_of(request)).open()


def namespace_of(request: pytest.FixtureRequest) -> str:
    """A flow id that no other test has."""
    return f"t{abs(hash(request.node.nodeid)) % 10**12}"


def one_time_link(stack: Stack, name: str) -> str:
    """An address that logs a user in once."""
    return cast(str, stack.json("user", "link", name)["url"])


def come_in(page: Page, link: str) -> None:
    """Follow a one-time link to the kernels; where the page says why not, its words are the failure."""
    page.goto(link)
    page.wait_for_function(
        "() => location.pathname === '/kernels' || document.querySelector('[role=alert]') !== null",
        timeout=LOGIN_MS,
    )
    alert = page.get_by_role("alert")
    assert page.url.endswith("/kernels"), alert.all_inner_texts()


def shots_folder() -> Path:
    """Where screenshots are kept."""
    return Path(__file__).resolve().parents[2] / "docs" / "screenshots"
