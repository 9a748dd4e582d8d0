"""The connection to the Docker Engine; its errors become ours here."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import requests
from docker.errors import APIError, DockerException
from docker.transport import unixconn

from broker_config.settings import Settings
from broker_config.wire.errors import Conflict, EngineAbsent, KernelStartFailed, Unavailable

UNIX = "unix://"
TIMEOUT_S = 10.0
"""Longest silence of the engine within one call, unless a call names its own."""


def connect(settings: Settings, timeout_s: float = TIMEOUT_S) -> docker.DockerClient:
    """A client of the engine that ``engine_url`` names. Close it after use.

    Raises:
        EngineAbsent: nothing answers there, or not in time.
    """
    with translated(settings):
        _knock(settings.engine_url)
        # "auto" asks the engine which API version it speaks: so this call finds out whether one is there.
        return docker.DockerClient(base_url=settings.engine_url, version="auto", timeout=int(timeout_s))


class ClosingConnection(unixconn.UnixHTTPConnection):
    """As the SDK's, but a socket that does not open is closed, not left to the garbage collector."""

    def connect(self) -> None:
        """Called by the SDK."""
        trial = socket.socket(socket.AF_UNIX)
        try:
            trial.settimeout(self.timeout)
            trial.connect(self.unix_socket)
        except BaseException:
            trial.close()
            raise
        self.sock = trial


unixconn.UnixHTTPConnection = ClosingConnection  # type: ignore[misc]  # the SDK has no other place to name it


def _knock(url: str) -> None:
    """Whether the socket opens at all: the SDK would hide the reason, such as a missing permission."""
    if url.startswith(UNIX):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(TIMEOUT_S)
            trial.connect(url.removeprefix(UNIX))


@contextmanager
def translated(settings: Settings) -> Iterator[None]:
    """Around calls of the engine: one that does not answer is ``EngineAbsent``; what it refuses passes on."""
    try:
        yield
    except APIError:  # an answer, which is a requests error as well
        raise
    except (requests.RequestException, OSError) as error:
        raise _absent(settings, error) from None
    except DockerException as error:
        # The SDK wraps a missing or closed socket in its plain base class, and nothing else.
        if type(error) is not DockerException:
            raise
        raise _absent(settings, error) from None


def _absent(settings: Settings, error: Exception) -> EngineAbsent:
    return EngineAbsent(
        f"no Docker Engine answers at {settings.engine_url} ({type(error).__name__}): "
        "start it, or set HUSK_ENGINE_URL"
    )


def refusal(what: str, error: APIError) -> Conflict | KernelStartFailed | Unavailable:
    """Ours for an answer that is an error; ``what`` was asked for, and begins the message."""
    status = error.response.status_code if error.response is not None else 0
    said = str(error.explanation or "")[:500]
    if status == requests.codes.conflict:
        return Conflict(f"{what}: {said}")
    if 400 <= status < 500:
        return KernelStartFailed(f"{what}: the Docker Engine refused: {said}")
    return Unavailable(f"{what}: the Docker Engine failed: {said}")
