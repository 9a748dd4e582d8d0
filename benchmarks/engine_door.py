"""A door before the engine's socket behind which no events are heard: who asks for them is cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

PIECE = 65_536
EVENTS = b"/events"


class EventlessDoor:
    """Passes bytes on between ``path`` and the engine's own socket."""

    def __init__(self, path: Path, engine: str) -> None:
        self._path, self._engine = path, engine
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """As ``HUSK_ENGINE_URL`` has it."""
        return f"unix://{self._path}"

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
                threading.Thread(target=_pass_on, args=[near, far, EVENTS], daemon=True).start()
                threading.Thread(target=_pass_on, args=[far, near, None], daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, refused: bytes | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(PIECE):
            if refused is not None and data.startswith(b"GET ") and refused in data.partition(b"\r\n")[0]:
                source.shutdown(socket.SHUT_RDWR)
                break
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
