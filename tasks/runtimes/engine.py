"""The Docker Engine as kernels need it: one client a process, every call bounded, its errors as ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import APIError
from docker.errors import NotFound as NotThere

from broker_config.settings import Settings
from broker_config.wire.errors import NotFound
from tasks.runtimes.connection import TIMEOUT_S, connect, refusal, translated


class Engine:
    """Making it connects to nothing; safe for threads."""

    def __init__(self, settings: Settings, call_s: float = TIMEOUT_S) -> None:
        self.settings = settings
        self._call_s = call_s
        self._lock = threading.Lock()
        self._client: docker.DockerClient | None = None

    @contextmanager
    def asked(self, what: str) -> Iterator[docker.APIClient]:
        """The client, for one step; ``what`` begins the message of an error.

        Raises:
            EngineAbsent: it does not answer in time.
            Unavailable: it failed in itself.
            NotFound: there is no such container, volume, network or image.
            Conflict: its state does not allow it.
            KernelStartFailed: it refused what was asked.
        """
        client = self.client()
        try:
            with translated(self.settings):
                yield client.api
        except NotThere:
            raise NotFound(f"{what}: there is no such thing") from None
        except APIError as error:
            raise refusal(what, error) from None

    def client(self) -> docker.DockerClient:
        """The SDK's client, connected. Raises ``EngineAbsent``."""
        with self._lock:
            if self._client is None:
                self._client = connect(self.settings, self._call_s)
            return self._client
