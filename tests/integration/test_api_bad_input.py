"""Every row of ``bad_input.json`` gets its answer, and changes nothing.

``every_entry`` rows go to each entry that takes JSON. A row's bytes are ``text``, ``hex``, ``json``, or
``open`` + ``repeat`` [unit, count, end] + ``close`` [unit, count].
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

TABLE = json.loads((Path(__file__).parent / "bad_input.json").read_text())
ENTRIES: dict[str, tuple[str, str]] = TABLE["entries"]
Row = dict[str, Any]


def name_of(row: Row) -> str:
    return str(row["name"]).encode("ascii", "backslashreplace").decode()


def body_of(row: Row) -> bytes | None:
    if "hex" in row:
        return bytes.fromhex(row["hex"])
    if "json" in row:
        return json.dumps(row["json"]).encode()
    if "repeat" in row:
        unit, count, end = row["repeat"]
        closing, times = row.get("close", ["", 0])
        return f"{row.get('open', '')}{unit * count}{end}{closing * times}".encode()
    return str(row["text"]).encode() if "text" in row else None


class Prober:
    """Sends rows as they are: no client library puts them right on the way."""

    def __init__(self, api: ApiServer, values: dict[str, str]) -> None:
        self._api = api
        self._values = values

    def send(self, method: str, path: str, row: Row) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON and headers of the answer."""
        body, connection = body_of(row), http.client.HTTPConnection("127.0.0.1", self._api.port, timeout=20)
        headers: dict[str, str | None] = {"Authorization": f"Bearer {self._api.tokens['admin']}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        headers |= row.get("headers", {})
        if row.get("chunked"):
            headers |= {"Content-Length": None, "Transfer-Encoding": "chunked"}
        for name, value in self._values.items():
            path = path.replace(f"{{{name}}}", value)
        try:
            connection.putrequest(method, f"/api/v1{path}", skip_accept_encoding=True)
            for header, text in headers.items():
                if text is not None and text != "":
                    connection.putheader(header, text)
            connection.endheaders()
            self._write(connection, body, bool(row.get("chunked")))
            answer = connection.getresponse()
            text_of = answer.read() if answer.status != 200 else b"{}"
            return answer.status, json.loads(text_of), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def _write(self, connection: http.client.HTTPConnection, body: bytes | None, chunked: bool) -> None:
        try:
            if body and chunked:
                for at in range(0, len(body), 65_536):
                    piece = body[at : at + 65_536]
                    connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                connection.send(b"0\r\n\r\n")
            elif body:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read: the answer is there


@pytest.fixture(scope="module")
def prober(api: ApiServer) -> Iterator[Prober]:
    with api.client("admin") as client:
        made = client.post("/kernels", json={"id": "tried"}).json()
        api.make_ready(made["uid"])
        execution = client.post("/kernels/tried/executions", json={"code": "1"}).json()["id"]
        flow = client.post("/flows", json={"name": "tried", "nodes": []}).json()["id"]
        client.put("/files/tried.txt", content=b"x")
        hourly = {"name": "tried", "kind": "cron", "spec": {"cron": "0 * * * *"}}
        schedule = client.post(f"/flows/{flow}/schedules", json=hourly).json()["id"]
        yield Prober(api, {"kernel": "tried", "execution": execution, "flow": flow, "schedule": schedule})


def state(api: ApiServer) -> dict[str, Any]:
    """What bad input must not change."""
    with api.client("admin") as client:
        return {
            path: client.get(path).json()
            for path in (
                *("/kernels", "/kernels/tried/shares", "/executions", "/tokens", "/users", "/files"),
                *("/flows", "/schedules", "/catalog/artifacts"),
            )
        }


def check(row: Row, answer: tuple[int, dict[str, Any], dict[str, str]]) -> None:
    status, body, headers = answer
    assert status == row["status"], (row["name"], status, body)
    if row["code"] is None:
        return
    error = body["error"]
    assert error["code"] == row["code"], error
    assert set(error) == {"code", "message", "field", "request_id"}
    assert error["message"]
    assert error["request_id"] == headers["x-request-id"]
    if "field" in row:
        assert error["field"] == row["field"], error


@pytest.mark.parametrize("row", TABLE["every_entry"], ids=name_of)
def test_what_is_no_request_is_refused_at_every_entry(api: ApiServer, prober: Prober, row: Row) -> None:
    before = state(api)
    for method, path in ENTRIES.values():
        check(row, prober.send(method, path + row.get("query", ""), row))
    assert state(api) == before


@pytest.mark.parametrize("entry", ENTRIES)
def test_fields_out_of_their_rule_are_refused_and_named(api: ApiServer, prober: Prober, entry: str) -> None:
    method, path = ENTRIES[entry]
    rows = [row for row in TABLE["fields"] if row["entry"] == entry]
    before = state(api)
    assert rows
    for row in rows:
        check(row, prober.send(method, path, row))
    assert state(api) == before


def test_addresses_that_name_nothing_are_refused(api: ApiServer, prober: Prober) -> None:
    before = state(api)
    for row in TABLE["urls"]:
        check(row, prober.send(row["method"], row["path"], row))
    assert state(api) == before


def test_the_server_still_serves_after_all_that(api: ApiServer, alice: httpx.Client, prober: Prober) -> None:
    assert alice.get("/health").status_code == 200
    assert "Traceback" not in api.log_path.read_text()
