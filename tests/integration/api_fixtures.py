"""Fixtures of the API's tests: one stack per module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.api_server import ApiServer, running_api
from tests.integration.weed import Weed


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, weed: Weed) -> Iterator[ApiServer]:
    with running_api(tmp_path_factory.mktemp("api"), tmp_path_factory.mktemp("redis"), weed) as running:
        yield running


@pytest.fixture
def alice(api: ApiServer) -> Iterator[httpx.Client]:
    with api.client("alice") as client:
        yield client


@pytest.fixture
def bob(api: ApiServer) -> Iterator[httpx.Client]:
    with api.client("bob") as client:
        yield client


@pytest.fixture
def admin(api: ApiServer) -> Iterator[httpx.Client]:
    with api.client("admin") as client:
        yield client


_numbers = iter(range(1_000_000))


@pytest.fixture
def kernel(alice: httpx.Client) -> dict[str, Any]:
    """A stopped kernel of alice's."""
    answer = alice.post("/kernels", json={"id": f"k{next(_numbers)}"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def ready(api: ApiServer, kernel: dict[str, Any]) -> dict[str, Any]:
    """A kernel of alice's whose row says that it runs; nothing consumes its queue."""
    api.make_ready(kernel["uid"])
    return kernel
