"""Cells: sent, followed, cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import quote

from web.client_parts.events import follow
from web.client_parts.http import Http
from web.client_parts.shapes import Accepted, Event, Execution


class Executions:
    """By their ids."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def submit(self, kernel: str, code: str, **fields: Any) -> Accepted:
        """Send a cell. ``fields`` as the API's: ``flow_id``, ``cell_id``, ``start``, ``timeout_s``…"""
        path = f"/kernels/{quote(kernel, safe='')}/executions"
        return cast(Accepted, self._http.call("POST", path, {"code": code, **fields}))

    def submit_batch(
        self, kernel: str, cells: Sequence[str], flow_id: str | None = None, stop_on_error: bool = True
    ) -> list[Accepted]:
        """Send cells that run one after another."""
        body = {
            "cells": [{"code": code} for code in cells],
            "flow_id": flow_id,
            "stop_on_error": stop_on_error,
        }
        answer = self._http.call("POST", f"/kernels/{quote(kernel, safe='')}/batches", body)
        return cast("list[Accepted]", answer["executions"])

    def get(self, execution_id: str) -> Execution:
        """An execution with its output so far."""
        return cast(Execution, self._http.call("GET", self._path(execution_id)))

    def list(
        self, kernel: str | None = None, flow: str | None = None, status: str | None = None, **fields: Any
    ) -> Iterator[Execution]:
        """Executions without their output, newest first. ``fields`` as the API's: ``node``,
        ``latest_per_cell="true"``…"""
        return self._http.pages("/executions", {"kernel": kernel, "flow": flow, "status": status, **fields})

    def events(self, execution_id: str) -> Iterator[Event]:
        """What it does, from its beginning to ``finished``."""
        return follow(self._http, self._path(execution_id, "/events"))

    def cancel(self, execution_id: str, kill: bool = False) -> Execution:
        """Remove it while it waits, interrupt it while it runs; ``kill`` ends the runner."""
        return cast(Execution, self._http.call("POST", self._path(execution_id, "/cancel"), {"kill": kill}))

    def _path(self, execution_id: str, tail: str = "") -> str:
        return f"/executions/{quote(execution_id, safe='')}{tail}"
