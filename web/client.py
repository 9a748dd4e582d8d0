"""The Python client: the API's verbs, typed; events as an iterator; errors of the one exception tree.

with Husk("http://127.0.0.1:8420", token) as husk:
    husk.kernels.create("work")
    husk.kernels.start("work")
    husk.kernels.wait_ready("work")
    for event in husk.run("work", "1 + 1"):
        ...
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, cast

import httpx

from web.client_parts.accounts import Tokens, Users
from web.client_parts.artifacts import Artifacts
from web.client_parts.catalog import Catalog
from web.client_parts.environments import Environments
from web.client_parts.events import follow
from web.client_parts.executions import Executions
from web.client_parts.files import Files
from web.client_parts.flow_shapes import LogLine
from web.client_parts.flows import Flows
from web.client_parts.http import TIMEOUT, Http, NotReachable
from web.client_parts.kernels import Kernels
from web.client_parts.notebooks import Notebooks
from web.client_parts.runs import Runs
from web.client_parts.schedules import Schedules
from web.client_parts.shapes import Event

__all__ = ["Husk", "NotReachable"]


class Husk:
    """A server and a token. Safe for threads; close it, or use it in ``with``.

    Every call raises ``NotReachable`` where no server answers, and otherwise what the server says, as
    the errors of ``broker_config.wire.errors``.
    """

    def __init__(self, url: str, token: str = "", timeout: httpx.Timeout = TIMEOUT) -> None:
        self._http = Http(url, token, timeout)
        self.kernels = Kernels(self._http)
        self.environments = Environments(self._http)
        self.executions = Executions(self._http)
        self.files = Files(self._http)
        self.flows = Flows(self._http)
        self.notebooks = Notebooks(self._http)
        self.runs = Runs(self._http)
        self.schedules = Schedules(self._http)
        self.artifacts = Artifacts(self._http)
        self.catalog = Catalog(self._http)
        self.tokens = Tokens(self._http)
        self.users = Users(self._http)

    @property
    def url(self) -> str:
        """The server's address, without the API's path."""
        return self._http.url

    def run(self, kernel: str, code: str, **fields: Any) -> Iterator[Event]:
        """Send a cell and follow it to its end. The first event is ``accepted``, with the execution's id.

        ``fields`` as in ``executions.submit``. The last event is ``finished``, with the whole result.
        """
        sent = self.executions.submit(kernel, code, **fields)
        yield {"type": "accepted", "execution_id": sent["id"], "position": sent["position"]}
        yield from self.executions.events(sent["id"])

    def events(self, *topics: str) -> Iterator[Event]:
        """The stream of several topics: ``kernel:ID``, ``kernels``, ``run:ID``, ``runs``."""
        return follow(self._http, "/events", {"topics": ",".join(topics)})

    def logs(self, **fields: Any) -> Iterator[LogLine]:
        """Lines that executions logged, the newest first. ``fields`` as the API's: ``flow``, ``kernel``,
        ``node``, ``level`` (and above), ``q``."""
        return self._http.pages("/logs", fields)

    def audit(self) -> Iterator[dict[str, Any]]:
        """Every change by people, newest first; for admins."""
        return self._http.pages("/audit")

    def health(self) -> dict[str, Any]:
        """Whether the server answers; needs no token."""
        return cast("dict[str, Any]", self._http.call("GET", "/health"))

    def ready(self) -> dict[str, Any]:
        """Whether all behind the server answers; raises ``Unavailable`` with what does not."""
        return cast("dict[str, Any]", self._http.call("GET", "/ready"))

    def runtime(self) -> dict[str, Any]:
        """What kernels run in there."""
        return cast("dict[str, Any]", self._http.call("GET", "/runtime"))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Husk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
