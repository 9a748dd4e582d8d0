"""A door before the engine's socket that a test can shut, so that nobody is there, or freeze."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

PIECE = 65_536
LOOK_S = 0.1


class EngineProxy:
    """Passes bytes on between ``path`` and the engine's own socket, each connection in two threads."""

    def __init__(self, path: Path, engine: str = "/var/run/docker.sock") -> None:
        self._path = path
        self._engine = engine
        self._flows = threading.Event()
        self._flows.set()
        self._ended = threading.Event()
        self._connections: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.open()

    @property
    def url(self) -> str:
        """As ``HUSK_ENGINE_URL`` has it."""
        return f"unix://{self._path}"

    def open(self) -> None:
        """Listen."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def close(self) -> None:
        """As an engine that was stopped: connections end, nobody listens."""
        self._path.unlink(missing_ok=True)
        for one in (self._listener, *self._connections):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._connections.clear()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens."""
        self.close()
        try:
            yield
        finally:
            self.open()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections are taken, and nothing is ever said."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                try:
                    far.connect(self._engine)
                except OSError:  # the engine itself is away
                    near.close()
                    far.close()
                    continue
                self._connections += [near, far]
                threading.Thread(target=self._serve, args=[near, far], daemon=True).start()

    def _serve(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=self._pass_on, args=[far, near], daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        for one in (near, far):
            one.close()
            with contextlib.suppress(ValueError):  # a door that was shut has forgotten it
                self._connections.remove(one)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                self._flows.wait()
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
