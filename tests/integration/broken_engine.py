"""An engine's socket whose answers a test chooses: what a real one says when it is in trouble."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

HANG_S = 20.0
Answer = tuple[int, Any]


class BrokenEngine(socketserver.ThreadingUnixStreamServer):
    """Answers by the longest part of a request ("GET /containers/json") that ``answers`` has; else 404."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.url = f"unix://{path}"
        self.answers: dict[str, Answer] = {
            "GET /version": (200, {"ApiVersion": "1.43", "Version": "24.0.0"}),
            "GET /v1.43/containers/json": (200, []),
        }
        self.asked: list[str] = []
        self.hangs: str | None = None
        """A part of requests that get no answer until the end of the test."""
        self.ended = threading.Event()

    def answer(self, asked: str) -> Answer:
        """Status and JSON."""
        self.asked.append(asked)
        if self.hangs and self.hangs in asked:
            self.ended.wait(HANG_S)
        fits = [part for part in self.answers if part in asked]
        return self.answers[max(fits, key=len)] if fits else (404, {"message": "no such thing"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # each connection ends with its answer
    server: BrokenEngine

    def _do(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = self.server.answer(f"{self.command} {self.path}")
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _do  # noqa: N815 - as the base class wants them

    def address_string(self) -> str:
        """A Unix socket's client has none."""
        return "-"

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@contextmanager
def broken_engine(path: Path) -> Iterator[BrokenEngine]:
    """One that serves until the block ends."""
    with BrokenEngine(path) as engine:
        thread = threading.Thread(target=engine.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            engine.ended.set()
            engine.shutdown()
            thread.join(5)
