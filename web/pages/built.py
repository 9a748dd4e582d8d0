"""The built front end in memory: its page, and its assets as they are and compressed."""

from __future__ import annotations

import gzip
import mimetypes
import threading
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "frontend" / "dist"
PAGE = "index.html"
NONCE = "__CSP_NONCE__"
SMALLEST_TO_COMPRESS = 1_000
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
TEXT = ("text/", "image/svg+xml", "application/json")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, compressed where that is shorter, and its type."""

    body: bytes
    compressed: bytes | None
    mime: str


class Built:
    """Files below ``folder``, read at first use and again when the page was built anew; safe for threads."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._assets: dict[str, Asset] = {}
        self._page = ""
        self._stamp: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def page(self, nonce: str) -> str | None:
        """The page, for an answer whose policy names ``nonce``; None where it is not built."""
        with self._lock:
            return self._page.replace(NONCE, nonce) if self._fresh() else None

    def asset(self, name: str) -> Asset | None:
        """A file by its path below the folder; None where there is none."""
        with self._lock:
            if not self._fresh():
                return None
            if name not in self._assets:
                found = self._read(name)
                if found is None:
                    return None
                self._assets[name] = found
            return self._assets[name]

    def _fresh(self) -> bool:
        path = self._folder / PAGE
        try:
            told = path.stat()
            stamp = (told.st_mtime_ns, told.st_size)
            if stamp != self._stamp:
                self._page, self._stamp = path.read_text(encoding="utf-8"), stamp
                self._assets.clear()
        except OSError:
            self._stamp = None
        return self._stamp is not None

    def _read(self, name: str) -> Asset | None:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            return None
        body = path.read_bytes()
        mime = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        shorter = None
        if mime.startswith(TEXT) and len(body) >= SMALLEST_TO_COMPRESS:
            shorter = gzip.compress(body, 6, mtime=0)
        return Asset(body, shorter, f"{mime}; charset=utf-8" if mime.startswith(TEXT) else mime)
