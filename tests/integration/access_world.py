"""A web application inside the test, over the tests' servers, so that a control can be taken out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from broker_config.wire.states import NodeRunState
from tasks.flow_runs import run_key
from tests.integration.api_server import ApiServer
from tests.integration.published import Published, runnable
from tests.integration.shown_runs import ShownRuns
from web.app import make_app
from web.context import KEY

HOURLY = {"name": "hourly", "kind": "cron", "spec": {"cron": "0 * * * *"}}
_numbers = iter(range(1_000_000))


@dataclass(frozen=True, slots=True)
class Things:
    """Of alice's, by the names of path parameters: what others try to reach."""

    values: dict[str, Any]

    @property
    def uid(self) -> str:
        """Her kernel."""
        return str(self.values["kernel_id"])


class World:
    """People with browsers and tokens before one application."""

    def __init__(self, api: ApiServer, app: Flask) -> None:
        self.api = api
        self.app = app

    def browser(self, person: str) -> FlaskClient:
        """A browser in which somebody logged in; the token of its session goes with everything."""
        client = self.app.test_client()
        answer = client.post("/api/v1/login", json={"link": self.api.new_link(person)})
        assert answer.status_code == 200, answer.text
        client.environ_base["HTTP_X_CSRF_TOKEN"] = answer.json["csrf"]
        return client

    def holder(self, person: str) -> FlaskClient:
        """A client with somebody's token."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.api.tokens[person]}"
        return client

    def things(self) -> Things:
        """Make one of each for alice."""
        alice, name = self.holder("alice"), f"w{next(_numbers)}"
        uid = json_of(alice.post("/api/v1/kernels", json={"id": name}))["uid"]
        self.api.make_ready(uid)
        cell = json_of(alice.post(f"/api/v1/kernels/{uid}/executions", json={"code": "1"}))["id"]
        alice.put(f"/api/v1/files/{name}.txt", data=b"hers")
        token = json_of(alice.post("/api/v1/tokens", json={"name": name}))["id"]
        session = json_of(self.browser("alice").get("/api/v1/sessions"))["items"][-1]["id"]
        me = json_of(alice.get("/api/v1/me"))["user"]["id"]
        flow = json_of(alice.post("/api/v1/flows", json=runnable(uid)))["id"]
        notebook = json_of(alice.post("/api/v1/notebooks", json={"name": name}))["id"]
        runs = ShownRuns(self.api.services, "alice")
        run = runs.make(flow)
        runs.node(run, "a", NodeRunState.SUCCEEDED)
        matrix = {"matrix": {"year": [2012]}}
        group = json_of(alice.post(f"/api/v1/flows/{flow}/matrix", json=matrix))["id"]
        schedule = json_of(alice.post(f"/api/v1/flows/{flow}/schedules", json=HOURLY))["id"]
        hers = Published(self.api.services, "alice")
        hers.artifact(flow, name)
        hers.output(flow, "a", name)
        hers.output(run_key(run), "a", name)
        for _ in range(2):
            hers.version(name, preview={"kind": "estimator", "html": "<p>hers</p>"})
        return Things(
            {
                **{
                    "kernel_id": uid,
                    "execution_id": cell,
                    "token_id": token,
                    "session_id": session,
                    "letter_id": "0" * 32,
                },
                **{"user_id": me, "path": f"{name}.txt", "flow_id": flow, "display_id": "d", "ref": "k/x"},
                **{"name": "x.js", "_kernel": uid, "_entry": name, "_flow": "1", "_run": "1", "_other": "1"},
                **{"artifact": name, "version": 1, "node_id": "a", "output": name},
                **{"run_id": run, "other_id": run, "group_id": group},
                **{"schedule_id": schedule, "notebook_id": notebook, "_notebook": "1", "_node": "1"},
            }
        )

    def share(self, uid: str, person: str, role: str) -> None:
        """Alice shares a kernel with one person."""
        body = {"shares": [{"user": person, "role": role}]}
        answer = self.holder("alice").put(f"/api/v1/kernels/{uid}/shares", json=body)
        assert answer.status_code == 200, answer.text

    def events(self) -> list[dict[str, Any]]:
        """The audit, newest first."""
        return list(json_of(self.holder("admin").get("/api/v1/audit?limit=200"))["items"])


def json_of(answer: TestResponse) -> dict[str, Any]:
    """A success's body."""
    assert answer.status_code < 300, answer.text
    return dict(answer.get_json())


def status_of(client: FlaskClient, request: dict[str, Any]) -> int:
    """The answer's status; a stream is let go at once."""
    answer = client.open(request.pop("path"), buffered=False, **request)
    answer.close()
    return answer.status_code


@pytest.fixture
def world(api: ApiServer) -> Iterator[World]:
    """An application of its own for each test."""
    api.forgive()
    app = make_app(api.services)
    yield World(api, app)
    app.extensions[KEY].streams.close()
