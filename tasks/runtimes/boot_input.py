"""A container's standard input, attached before it is started."""

from __future__ import annotations

import socket
from typing import Any

import docker

SEND_S = 10.0


class BootInput:
    """Takes one message; what is not sent when it is closed is end of file to the container."""

    def __init__(self, client: docker.APIClient, name: str, says: bool = False) -> None:
        """``says``: what the container says comes back on ``socket``, in the engine's frames."""
        out = {"stdout": 1, "stderr": 1} if says else {}
        # The SDK gives the file around the connection; its socket is what can be half closed.
        self._file: Any = client.attach_socket(name, params={"stdin": 1, "stream": 1, **out})
        self.socket: socket.socket = getattr(self._file, "_sock", self._file)
        self.socket.settimeout(SEND_S)

    def send(self, line: bytes) -> None:
        """Send it all, and the end. Raises ``OSError``."""
        self.socket.sendall(line)
        self.socket.shutdown(socket.SHUT_WR)

    def send_more(self, line: bytes) -> None:
        """Send it, and stay: the end comes with ``close``, or with our own. Raises ``OSError``."""
        self.socket.sendall(line)

    def close(self) -> None:
        """Detach."""
        self.socket.close()
        self._file.close()
