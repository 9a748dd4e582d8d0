"""Accounts of the tests' own, each in a browser of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import BrowserContext

from tests.browser.conftest import come_in, one_time_link
from tests.integration.stack.stack_fixture import Stack

NOBODY: dict[str, list[object]] = {"cookies": [], "origins": []}


class People:
    """Makes accounts and logs them in."""

    def __init__(self, stack: Stack, api: httpx.Client, new_context: Callable[..., BrowserContext]) -> None:
        self._stack = stack
        self._api = api
        self._new_context = new_context

    def browser_of(self, name: str, role: str, **options: Any) -> BrowserContext:
        """A browser in which somebody new is logged in."""
        answer = self._api.post("/users", json={"name": name, "role": role})
        # A name may be there from an earlier try of the same test.
        assert answer.status_code in {201, 409}, answer.text
        context = self._new_context(storage_state=NOBODY, **options)
        page = context.new_page()
        come_in(page, one_time_link(self._stack, name))
        page.close()
        return context

    def token_of(self, name: str) -> str:
        """A token of somebody who is there."""
        answer = self._api.post("/tokens", json={"name": "test", "user": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])
