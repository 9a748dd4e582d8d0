"""Local artifacts: of one flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from web.client_parts.downloads import keep, stream
from web.client_parts.flow_shapes import Artifact
from web.client_parts.http import Http


class Artifacts:
    """``flow``: a saved flow, one's own id of cells, or ``~`` and the uid of a kernel for its loose cells."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, flow: str, node: str | None = None) -> Iterator[Artifact]:
        """What cells of the flow see, by name."""
        return self._http.pages(f"/flows/{quote(flow, safe='')}/artifacts", {"node": node})

    def get(self, flow: str, name: str) -> Artifact:
        """One of them."""
        return cast(Artifact, self._http.call("GET", self._path(flow, name)))

    def preview(self, flow: str, name: str) -> dict[str, Any] | None:
        """What its publisher's runner made to look at; plain data."""
        answer = self._http.call("GET", self._path(flow, name, "/preview"))
        return cast("dict[str, Any] | None", answer["preview"])

    def download(self, flow: str, name: str, target: Path) -> int:
        """Write its bytes to ``target``, whole or not at all; its size. Loading them runs code."""
        return keep(stream(self._http, self._path(flow, name, "/content")), target)

    def delete(self, flow: str, name: str) -> None:
        """Delete it for cells and runs."""
        self._http.call("DELETE", self._path(flow, name))

    def _path(self, flow: str, name: str, tail: str = "") -> str:
        return f"/flows/{quote(flow, safe='')}/artifacts/{quote(name, safe='')}{tail}"
