"""Who gets through Flower's own door, without Flower."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from web import flower_door
from web.pages import flower as pages
from web.stack import flower

SETTINGS = Settings(secret_key=SecretStr("a-secret-key-of-this-test"), flower_port=1)
KEY = flower_door.header(SETTINGS)["Authorization"]


class Fake:
    """What a Tornado application does where it finds a handler."""

    def find_handler(self, request: Any, **_: Any) -> int:
        return 200

    def get_handler_delegate(self, request: Any, _handler: Any, arguments: dict[str, int]) -> int:
        return arguments["status_code"]


def asked(path: str, method: str = "GET", **headers: str) -> int:
    guarded = flower._behind_door(Fake, KEY)()
    return int(guarded.find_handler(SimpleNamespace(path=path, method=method, headers=headers)))


@pytest.mark.parametrize("path", ["/", "/flower/", "/flower/metrics", "/flower/healthcheck", "/metrics"])
def test_nobody_gets_through_without_the_secret(path: str) -> None:
    assert asked(path) == 401
    assert asked(path, Authorization="Basic aHVzazpodXNr") == 401
    assert asked(path, Authorization=KEY + "x") == 401
    assert asked(path, Authorization="Basic é") == 401
    assert asked(path, Authorization=KEY) == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_with_the_secret_one_looks_only(method: str) -> None:
    assert asked("/flower/api/worker/shutdown/x", method, Authorization=KEY) == 405
    assert asked(flower_door.TASKS, "POST", Authorization=KEY) == 200


def test_another_secret_key_makes_another_door() -> None:
    other = SETTINGS.model_copy(update={"secret_key": SecretStr("another-secret-key-of-it")})
    assert flower_door.header(other)["Authorization"] != KEY
    assert "a-secret-key" not in flower_door.credentials(SETTINGS)


def test_its_pages_run_no_script_that_is_not_in_the_policy() -> None:
    assert "script-src 'self' 'sha256-" in pages.POLICY
    assert "unsafe-inline" not in pages.POLICY.partition("style-src")[0]
    assert "unsafe-eval" not in pages.POLICY
