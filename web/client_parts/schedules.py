"""Schedules of flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast
from urllib.parse import quote

from web.client_parts.http import Http


class Fire(TypedDict):
    """A slot, and what became of it."""

    nominal_at: str
    claimed_at: str
    cause: str
    outcome: str
    detail: str | None
    run_id: str | None
    run_state: str | None
    due_at: str | None


class Schedule(TypedDict):
    """When a flow runs by itself. Times in ISO 8601, lengths in seconds."""

    id: str
    flow_id: str
    flow_name: str
    name: str
    kind: str
    spec: dict[str, Any]
    timezone: str
    parameters: dict[str, Any]
    options: dict[str, Any]
    overlap: str
    catch_up: str
    catch_up_limit: int
    retries: int
    retry_delay_s: float
    timeout_s: float | None
    paused: bool
    start_at: str | None
    end_at: str | None
    next_at: str | None
    words: str
    error: str | None
    last_fire: Fire | None
    owner: str
    created_at: str
    updated_at: str


class Slot(TypedDict):
    """A slot that comes."""

    nominal_at: str
    utc: str
    local: str


class Schedules:
    """By their ids."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, flow: str | None = None, everybody: bool = False) -> Iterator[Schedule]:
        """A flow's, or one's own, the oldest first; ``everybody``'s for an admin."""
        if flow is not None:
            return self._http.pages(f"/flows/{quote(flow, safe='')}/schedules")
        return self._http.pages("/schedules", {"all": "true"} if everybody else None)

    def create(self, flow: str, fields: Mapping[str, Any]) -> Schedule:
        """Make one. ``fields`` as the API's: ``name``, ``kind``, ``spec``, ``timezone`` and more."""
        path = f"/flows/{quote(flow, safe='')}/schedules"
        return cast(Schedule, self._http.call("POST", path, dict(fields)))

    def get(self, schedule: str) -> Schedule:
        """One as it is now."""
        return cast(Schedule, self._http.call("GET", self._path(schedule)))

    def change(self, schedule: str, **fields: Any) -> Schedule:
        """Change what is named; the rest stays."""
        return cast(Schedule, self._http.call("PATCH", self._path(schedule), fields))

    def pause(self, schedule: str) -> Schedule:
        """Start nothing until it is resumed."""
        return self.change(schedule, paused=True)

    def resume(self, schedule: str) -> Schedule:
        """Go on from now; slots of the pause are not made up for."""
        return self.change(schedule, paused=False)

    def delete(self, schedule: str) -> None:
        """Delete it; its run goes on."""
        self._http.call("DELETE", self._path(schedule))

    def next(self, schedule: str, count: int = 5) -> Sequence[Slot]:
        """Its next slots."""
        answer = self._http.call("GET", self._path(schedule, "/next"), query={"count": count})
        return cast(Sequence[Slot], answer["items"])

    def preview(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """``words`` and next slots (``items``) of one that is not made."""
        return cast("dict[str, Any]", self._http.call("POST", "/schedules/preview", dict(fields)))

    def trigger(self, schedule: str) -> dict[str, Any]:
        """Run it now; the run."""
        return cast("dict[str, Any]", self._http.call("POST", self._path(schedule, "/trigger")))

    def fires(self, schedule: str) -> Iterator[Fire]:
        """What became of its slots, the newest first."""
        return self._http.pages(self._path(schedule, "/fires"))

    def _path(self, schedule: str, tail: str = "") -> str:
        return f"/schedules/{quote(schedule, safe='')}{tail}"
