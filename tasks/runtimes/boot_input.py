"""A container's standard input, attached before it is started."""

from __future__ import annotations

import socket
from typing import Any

import docker

SEND_S = 10.0


class BootInput:
    """Takes one message; what is not sent when it is closed is end of file to the container."""

    def __init__(self, client: docker.APIClient, name: str) -> None:
        # The SDK gives the file around the connection; its socket is what can be half closed.
        self._file: Any = client.attach_socket(name, params={"stdin": 1, "stream": 1})
        self._socket: socket.socket = getattr(self._file, "_sock", self._file)
        self._socket.settimeout(SEND_S)

    def send(self, line: bytes) -> None:
        """Send it all, and the end. Raises ``OSError``."""
        self._socket.sendall(line)
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Detach."""
        self._socket.close()
        self._file.close()
