"""Kernels by their ids."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from broker_config.wire.errors import KernelNotRunning, Unavailable
from broker_config.wire.states import DesiredState, KernelState
from web.client_parts.events import follow
from web.client_parts.http import RESOLVING_S, Http
from web.client_parts.shapes import Build, Event, Kernel, LockAnswer

READY = frozenset({KernelState.READY, KernelState.EXECUTING})
POLL_S = 0.1
START_S = 130.0
BUILD_S = 900.0
"""Over what an environment's building may take."""
RESOLVED = frozenset({"packages", "allow_sdist"})


class Kernels:
    """``kernel`` is one's own id for it, or a uid."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create(self, kernel: str, **fields: Any) -> Kernel:
        """Make a kernel, stopped. ``fields`` as the API's: ``name``, ``memory_gb``, ``env``, ``packages``…

        Raises:
            ResolutionFailed: its packages do not go together; nothing was made.
        """
        body = {"id": kernel, **fields}
        return cast(Kernel, self._http.call("POST", "/kernels", body, patience_s=_patience_s(fields)))

    def list(self, everybody: bool = False) -> Iterator[Kernel]:
        """One's own kernels and those shared with one; ``everybody``'s for an admin."""
        return self._http.pages("/kernels", {"all": "true"} if everybody else None)

    def get(self, kernel: str) -> Kernel:
        """A kernel."""
        return cast(Kernel, self._http.call("GET", self._path(kernel)))

    def change(self, kernel: str, **fields: Any) -> Kernel:
        """Change a kernel."""
        path = self._path(kernel)
        return cast(Kernel, self._http.call("PATCH", path, fields, patience_s=_patience_s(fields)))

    def delete(self, kernel: str) -> Kernel:
        """Delete a kernel."""
        return cast(Kernel, self._http.call("DELETE", self._path(kernel)))

    def start(self, kernel: str) -> Kernel:
        """Begin to start it."""
        return cast(Kernel, self._http.call("POST", self._path(kernel, "/start")))

    def stop(self, kernel: str) -> Kernel:
        """Begin to stop it."""
        return cast(Kernel, self._http.call("POST", self._path(kernel, "/stop")))

    def restart(self, kernel: str) -> Kernel:
        """Begin to restart it."""
        return cast(Kernel, self._http.call("POST", self._path(kernel, "/restart")))

    def logs(self, kernel: str, lines: int = 200) -> str:
        """The end of the kernel's own log."""
        return str(self._http.call("GET", self._path(kernel, "/logs"), query={"lines": lines})["text"])

    def lock(self, kernel: str) -> LockAnswer:
        """Its lock, who gave it that, and when."""
        return cast(LockAnswer, self._http.call("GET", self._path(kernel, "/lock")))

    def lock_file(self, kernel: str) -> str:
        """Its lock as the file that another kernel takes as ``lock``. Raises ``NotFound``: it has none."""
        return self._http.text(self._path(kernel, "/lock"), {"download": "1"})

    def relock(self, kernel: str, dry_run: bool = False) -> LockAnswer:
        """Resolve its packages anew, to the newest versions; ``dry_run``: only say what would change."""
        path, body = self._path(kernel, "/lock"), {"dry_run": dry_run}
        return cast(LockAnswer, self._http.call("POST", path, body, patience_s=RESOLVING_S))

    def build(self, kernel: str) -> Build:
        """How making its environment goes, or went last, with the end of its log."""
        return cast(Build, self._http.call("GET", self._path(kernel, "/build")))

    def shares(self, kernel: str) -> dict[str, str]:
        """With whom it is shared: user → ``viewer`` or ``editor``; for its owner and admins."""
        return self._people(self._http.call("GET", self._path(kernel, "/shares")))

    def share(self, kernel: str, people: Mapping[str, str]) -> dict[str, str]:
        """Share it with these users (→ ``viewer`` or ``editor``) and nobody else."""
        body = {"shares": [{"user": user, "role": role} for user, role in people.items()]}
        return self._people(self._http.call("PUT", self._path(kernel, "/shares"), body))

    def restart_namespace(self, kernel: str, flow_id: str = "-") -> None:
        """Clear a flow's variables; ``-`` is the loose namespace."""
        self._http.call("POST", self._path(kernel, f"/namespaces/{quote(flow_id, safe='')}/restart"))

    def clear_outputs(self, kernel: str, flow_id: str = "-") -> int:
        """Erase what a flow's ended cells put out, for good; of how many it was."""
        path = self._path(kernel, f"/namespaces/{quote(flow_id, safe='')}/outputs")
        return int(self._http.call("DELETE", path)["cleared"])

    def variables(self, kernel: str, flow_id: str = "-") -> Sequence[dict[str, Any]]:
        """Name, type, size and short repr of each variable."""
        path = self._path(kernel, f"/namespaces/{quote(flow_id, safe='')}/variables")
        return cast("Sequence[dict[str, Any]]", self._http.call("GET", path)["variables"])

    def complete(self, kernel: str, code: str, cursor: int, flow_id: str | None = None) -> dict[str, Any]:
        """Completions at a place in code."""
        body = {"code": code, "cursor": cursor, "flow_id": flow_id}
        return cast("dict[str, Any]", self._http.call("POST", self._path(kernel, "/complete"), body))

    def events(self, kernel: str) -> Iterator[Event]:
        """All that a kernel does from now on."""
        return follow(self._http, self._path(kernel, "/events"))

    def wait_ready(self, kernel: str, timeout_s: float = START_S) -> Kernel:
        """Wait until it is ready; as long as its environment is built counts apart.

        Raises:
            KernelNotRunning: it went to ``error`` and is not started again by itself, with the reason.
            Unavailable: it was not ready in time.
        """
        begun = time.monotonic()
        deadline = begun + timeout_s
        while True:
            now = self.get(kernel)
            if now["state"] == KernelState.BUILDING:
                deadline = min(time.monotonic() + timeout_s, begun + BUILD_S)
            if now["state"] in READY:
                return now
            if now["state"] == KernelState.ERROR and now["restart_at"] is None and not _asked_again(now):
                raise KernelNotRunning(now["error"] or "the kernel could not be started")
            if time.monotonic() >= deadline:
                raise Unavailable(f"the kernel is {now['state']}, not ready within {timeout_s:g} s")
            time.sleep(POLL_S)

    def _people(self, answer: dict[str, Any]) -> dict[str, str]:
        return {share["user"]: share["role"] for share in answer["shares"]}

    def _path(self, kernel: str, tail: str = "") -> str:
        return f"/kernels/{quote(kernel, safe='')}{tail}"


def _patience_s(fields: Mapping[str, Any]) -> float | None:
    return RESOLVING_S if RESOLVED & fields.keys() else None


def _asked_again(kernel: Kernel) -> bool:
    """Whether a start was asked for after it failed, which lifecycle has not begun yet."""
    asked, since = kernel["asked_at"], kernel["state_since"]
    if asked is None or since is None or kernel["desired_state"] != DesiredState.RUNNING:
        return False
    return datetime.fromisoformat(asked) > datetime.fromisoformat(since)
