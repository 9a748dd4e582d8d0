"""A large file's upload in parts, which goes on where it broke off: in this call, or in the next one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx

from broker_config.wire.errors import Conflict, HuskError, Unavailable
from web.client_parts.downloads import PIECE_BYTES
from web.client_parts.http import Http, check, unreachable
from web.client_parts.shapes import File

PART_BYTES = 64 * 1024 * 1024
TRIES = 5
PAUSE_S = 0.5
ANSWER_S = 300.0
SLOWEST_BYTES_PER_S = 20_000_000
"""How fast the server reads a whole file for its sum, before it answers the last part."""

Told = Callable[[int], object]


class PartUpload:
    """Brings one local file to one path. ``told`` gets the bytes that are there more than before.

    An unchanged file has the same name as an upload each time, so that a new call goes on with an old upload.
    """

    def __init__(self, http: Http, path: str, local: Path, told: Told) -> None:
        self._http = http
        self._path = path
        self._local = local
        self._told = told
        self._mark = self._look()
        self._total = self._mark[0]
        text = f"{local.resolve()}|{self._mark}|{path}"
        self._name = hashlib.sha256(text.encode()).hexdigest()[:32]
        self._shown = 0

    def run(self) -> File:
        """Send what is missing; the new version.

        Raises:
            Conflict: the file was changed meanwhile. HuskError: what the server said.
            Unavailable: it was not reachable for ``TRIES`` times in a row; the same call goes on later.
        """
        failed = 0
        at: int | None = None
        while True:
            try:
                answer = self._ask() if at is None else self._send(at)
            except Unavailable:
                failed += 1
                if failed >= TRIES:
                    raise
                time.sleep(PAUSE_S * failed)
                at = None  # nobody knows how much of it came
                continue
            if "received" not in answer:
                return cast(File, answer)
            if at is not None:
                failed = 0
            at = int(answer["received"])
            self._show(at)

    def _ask(self) -> dict[str, Any]:
        return self._put(f"bytes */{self._total}", b"", 0)

    def _send(self, at: int) -> dict[str, Any]:
        end = min(at + PART_BYTES, self._total)
        if self._look() != self._mark:
            raise Conflict(f"{self._local} was changed while it was uploaded: nothing was written")
        return self._put(f"bytes {at}-{end - 1}/{self._total}", self._pieces(at, end), end - at)

    def _put(self, content_range: str, content: bytes | Iterator[bytes], length: int) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": content_range,
            "Content-Length": str(length),
        }
        patience = httpx.Timeout(ANSWER_S + self._total / SLOWEST_BYTES_PER_S, connect=5.0)
        try:
            answer = self._http.client.put(
                self._path,
                params={"upload": self._name},
                content=content,
                headers=headers,
                timeout=patience,
            )
        except httpx.HTTPError as error:
            raise unreachable(self._http.url, error) from None
        check(answer)
        return cast("dict[str, Any]", answer.json())

    def _pieces(self, at: int, end: int) -> Iterator[bytes]:
        with self._local.open("rb") as source:
            source.seek(at)
            while at < end and (piece := source.read(min(PIECE_BYTES, end - at))):
                at += len(piece)
                yield piece
                self._show(at)

    def _show(self, at: int) -> None:
        if at > self._shown:
            self._told(at - self._shown)
            self._shown = at

    def _look(self) -> tuple[int, int]:
        try:
            found = self._local.stat()
        except OSError as error:
            raise HuskError(f"{self._local}: {error.strerror}") from None
        return found.st_size, found.st_mtime_ns
