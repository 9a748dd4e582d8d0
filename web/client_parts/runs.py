"""Runs of flows: begun, followed, cancelled, gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from web.client_parts.downloads import keep, stream
from web.client_parts.events import follow
from web.client_parts.flow_shapes import LogLine
from web.client_parts.http import Http
from web.client_parts.run_shapes import NodeRun, Pruned, Run, RunGroup, WholeRun
from web.client_parts.shapes import Event

OPEN = frozenset({"queued", "running"})
MAKING_S = 60.0
"""Hundreds of runs are made in one go."""


class Runs:
    """By their ids; flows by theirs."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def start(
        self,
        flow: str,
        parameters: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Run a flow.

        ``options``: ``cache``, ``start_kernels``, ``max_parallel``, ``timeout_s``, ``targets``.
        """
        body = {
            **{"parameters": dict(parameters or {}), "options": dict(options or {})},
            **{"version": version, "idempotency_key": idempotency_key},
        }
        return cast(Run, self._http.call("POST", f"/flows/{quote(flow, safe='')}/runs", body))

    def start_matrix(
        self,
        flow: str,
        matrix: Mapping[str, Sequence[Any]],
        parameters: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> RunGroup:
        """Run a flow for every combination of these values: all of the runs, or none."""
        body = {
            "matrix": {name: list(values) for name, values in matrix.items()},
            **{"parameters": dict(parameters or {}), "options": dict(options or {})},
        }
        path = f"/flows/{quote(flow, safe='')}/matrix"
        return cast(RunGroup, self._http.call("POST", path, body, patience_s=MAKING_S))

    def list(self, everybody: bool = False, **wanted: str | None) -> Iterator[Run]:
        """The newest first. ``wanted``: ``flow``, ``state``, ``trigger``, ``schedule``, ``group``."""
        return self._http.pages("/runs", {**wanted, **({"all": "true"} if everybody else {})})

    def get(self, run: str) -> WholeRun:
        """A run with its nodes."""
        return cast(WholeRun, self._http.call("GET", self._path(run)))

    def node(self, run: str, node: str) -> tuple[NodeRun, Sequence[NodeRun]]:
        """A node and all attempts at it; errors have their tracebacks."""
        answer = self._http.call("GET", self._path(run, f"/nodes/{quote(node, safe='')}"))
        return answer["node"], answer["attempts"]

    def group(self, group: str) -> RunGroup:
        """Runs that were asked for together."""
        return cast(RunGroup, self._http.call("GET", f"/run-groups/{quote(group, safe='')}"))

    def events(self, run: str) -> Iterator[Event]:
        """How it stands, then every change: ``node`` and ``run`` events; the last is the run's end.

        After a lost connection what stands is told once more.
        """
        return follow(self._http, self._path(run, "/events"))

    def wait(self, run: str) -> WholeRun:
        """The run when it has ended."""
        for _ in self.events(run):
            pass
        return self.get(run)

    def cancel(self, run: str) -> Run:
        """End it: what waits does not begin, what runs is interrupted, and killed 10 s later."""
        return cast(Run, self._http.call("POST", self._path(run, "/cancel")))

    def resume(self, run: str) -> Run:
        """A new run that takes over what succeeded, and does the rest."""
        return cast(Run, self._http.call("POST", self._path(run, "/resume")))

    def rerun(self, run: str) -> Run:
        """A new run with the same version, parameters and options; nothing from the cache."""
        return cast(Run, self._http.call("POST", self._path(run, "/rerun")))

    def logs(self, run: str, **wanted: str | None) -> Iterator[LogLine]:
        """Lines of its nodes that have ended, the newest first. ``wanted``: ``node``, ``level``, ``q``."""
        return self._http.pages(self._path(run, "/logs"), wanted)

    def prune(self, older_than_days: float, keep: int, dry_run: bool = True, all: bool = False) -> Pruned:
        """Delete old runs but the ``keep`` newest of each flow; ``all``: everybody's, for an admin."""
        body = {"older_than_days": older_than_days, "keep": keep, "dry_run": dry_run, "all": all}
        return cast(Pruned, self._http.call("POST", "/runs/prune", body, patience_s=MAKING_S))

    def download_output(self, run: str, node: str, name: str, target: Path) -> int:
        """Write a table as this run made it to ``target``, whole or not at all; its size in bytes."""
        path = self._path(run, f"/outputs/{quote(node, safe='')}/{quote(name, safe='')}/content")
        return keep(stream(self._http, path), target)

    def _path(self, run: str, tail: str = "") -> str:
        return f"/runs/{quote(run, safe='')}{tail}"
