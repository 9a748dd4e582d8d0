"""Generated requests over the OpenAPI document: no 500, no answer that the document does not describe."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broker_config.settings import Settings
from tasks.flow_runs import run_key
from tasks.services import make_services
from tests.integration.access_world import HOURLY
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import Published, runnable
from web.app import make_app

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

EXAMPLES = 25
WAITING = frozenset({"complete", "inspect", "signature", "variables"})
"""These wait for a kernel that is not there."""
_numbers = iter(range(1_000_000))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(api: ApiServer) -> dict[str, Any]:
    answer = httpx.get(f"{api.url}/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def operations() -> list[Any]:
    """Every operation but the streams, which do not end."""
    app = make_app(
        make_services(Settings(redis_url=SecretStr("redis://127.0.0.1:1"), s3_secret_key=SecretStr("x" * 20)))
    )
    schema = schemathesis.openapi.from_dict(app.api_doc)  # type: ignore[attr-defined]
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if not operation.path.endswith("/events")]


def things(api: ApiServer, operation: Any) -> dict[str, str]:
    """A running kernel, an execution and a file of the admin's, so that half of the requests find one."""
    if operation.path.rsplit("/", 1)[-1] in WAITING:
        return {}
    name = f"s{next(_numbers)}"
    with api.client("admin") as client:
        kernel = client.post("/kernels", json={"id": name}).json()
        api.make_ready(kernel["uid"])
        execution = client.post(f"/kernels/{name}/executions", json={"code": "1"}).json()["id"]
        client.put(f"/files/{name}", content=b"0123456789")
        flow = client.post("/flows", json=runnable(kernel["uid"])).json()["id"]
        run = client.post(f"/flows/{flow}/runs", json={}).json()["id"]
        group = client.post(f"/flows/{flow}/matrix", json={"matrix": {"year": [1]}}).json()["id"]
        hourly = client.post(f"/flows/{flow}/schedules", json=HOURLY).json()["id"]
        cells = [{"id": "a", "source": "1", "outputs": [{"output_type": "stream", "name": "x", "text": "1"}]}]
        notebook = client.post("/notebooks", json={"name": name, "cells": cells}).json()["id"]
    published = Published(api.services, "admin")
    published.artifact(flow, name)
    published.output(flow, "a", name)
    published.output(run_key(run), "a", name)
    for _ in range(2):
        published.version(name, preview={"kind": "text", "text": name}, inputs=["default::x@1"])
    made = {"flow_id": flow, "artifact": name, "version": "1", "node_id": "a", "output": name}
    made |= {"run_id": run, "other_id": run, "group_id": group, "notebook_id": notebook}
    return {"kernel_id": name, "execution_id": execution, "path": name, "schedule_id": hourly, **made}


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_generated_requests_are_answered_as_documented(api: ApiServer, operation: Any) -> None:
    # A generated request may have revoked the one before.
    api.tokens["admin"] = api.new_token("admin")
    header = {"Authorization": f"Bearer {api.tokens['admin']}"}
    there = things(api, operation)

    @given(case=operation.as_strategy(), real=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any, real: bool) -> None:
        case.headers = {**(case.headers or {}), **header}
        if real:
            names = case.path_parameters or {}
            case.path_parameters = {name: there.get(name, value) for name, value in names.items()}
        case.call_and_validate(base_url=f"http://127.0.0.1:{api.port}", checks=CHECKS, timeout=20)

    ask()


def test_the_document_describes_every_route_and_its_errors(api: ApiServer, document: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert ("/api/v1/kernels/{kernel_id}/executions", "POST") in described
    assert len(described) > 35
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"400", "404", "422", "503"} <= operation["responses"].keys(), path
            for status, response in operation["responses"].items():
                if status >= "400":
                    shape = response["content"]["application/json"]["schema"]
                    assert shape.get("$ref", "").endswith("ErrorAnswer") or status == "416"
    open_routes = {
        path for path, ways in document["paths"].items() for way in ways.values() if not way.get("security")
    }
    assert open_routes == {"/api/v1/health", "/api/v1/ready", "/api/v1/login"}


def test_the_page_of_the_document_needs_nobody_else(api: ApiServer) -> None:
    root = f"http://127.0.0.1:{api.port}"
    page = httpx.get(f"{root}/api/v1/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "//" not in page.text.replace("<!doctype html>", "")
    for part in ("swagger-ui.css", "swagger-ui-bundle.js", "begin.js"):
        assert httpx.get(f"{root}/api/v1/docs/{part}").status_code == 200
    assert httpx.get(f"{root}/api/v1/docs/..%2fx").status_code == 404
