"""Connections to the object store, kept per address, with bounds and without tries of their own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import urllib3

CONNECT_S = 3.0
READ_S = 30.0
CONNECTIONS = 8


class Connections:
    """By the pools of single hosts: who asks a pool manager has each address taken apart three times.

    Safe in threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], urllib3.HTTPConnectionPool] = {}

    def ask(
        self, method: str, url: str, headers: dict[str, str], body: Any = None, whole: bool = True
    ) -> urllib3.BaseHTTPResponse:
        """The answer to a request, whatever its status. ``whole`` False: its body is read by the caller.

        Raises:
            HTTPError: urllib3's: the store did not answer in time.
        """
        scheme, _, rest = url.partition("://")
        host, slash, target = rest.partition("/")
        return self._pool(scheme, host).urlopen(
            method, slash + target, body=body, headers=headers, redirect=False, preload_content=whole
        )

    def _pool(self, scheme: str, host: str) -> urllib3.HTTPConnectionPool:
        import urllib3

        with self._lock:
            pool = self._pools.get((scheme, host))
            if pool is None:
                pool = urllib3.connection_from_url(
                    f"{scheme}://{host}",
                    maxsize=CONNECTIONS,
                    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
                    retries=urllib3.Retry(total=0, redirect=0, raise_on_status=False),
                )
                self._pools[scheme, host] = pool
            return pool
