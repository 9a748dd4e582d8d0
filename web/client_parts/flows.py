"""Flows and what their nodes put out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from web.client_parts.downloads import keep, stream
from web.client_parts.flow_shapes import Flow, FlowOutput, FlowSummary
from web.client_parts.http import Http


class Flows:
    """By their ids. A document: ``name``, ``nodes``, ``connections``, ``parameters``, ``default_kernel``."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, everybody: bool = False) -> Iterator[FlowSummary]:
        """One's own, without their documents, the oldest first; ``everybody``'s for an admin."""
        return self._http.pages("/flows", {"all": "true"} if everybody else None)

    def create(self, document: Mapping[str, Any]) -> Flow:
        """Save a new flow."""
        return cast(Flow, self._http.call("POST", "/flows", dict(document)))

    def get(self, flow: str, version: int | None = None) -> Flow:
        """A flow as it is now, or was at a version."""
        tail = "" if version is None else f"/versions/{version}"
        return cast(Flow, self._http.call("GET", self._path(flow, tail)))

    def save(self, flow: str, document: Mapping[str, Any], version: int | None) -> Flow:
        """Save it as one more version. ``version``: the one that was changed; None: whichever is the newest.

        Raises:
            Conflict: it was saved since.
        """
        match = {"If-Match": "*" if version is None else f'"{version}"'}
        return cast(Flow, self._http.call("PUT", self._path(flow), dict(document), headers=match))

    def delete(self, flow: str) -> None:
        """Delete it with its outputs and local artifacts; what it published in the catalog stays."""
        self._http.call("DELETE", self._path(flow))

    def versions(self, flow: str) -> Iterator[dict[str, Any]]:
        """Its saves, the newest first."""
        return self._http.pages(self._path(flow, "/versions"))

    def outputs(self, flow: str, node: str | None = None) -> Iterator[FlowOutput]:
        """The latest outputs of its nodes."""
        return self._http.pages(self._path(flow, "/outputs"), {"node": node})

    def download_output(self, flow: str, node: str, name: str, target: Path) -> int:
        """Write an output's Parquet file to ``target``, whole or not at all; its size in bytes."""
        path = self._path(flow, f"/outputs/{quote(node, safe='')}/{quote(name, safe='')}/content")
        return keep(stream(self._http, path), target)

    def _path(self, flow: str, tail: str = "") -> str:
        return f"/flows/{quote(flow, safe='')}{tail}"
