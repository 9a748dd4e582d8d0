"""Shared files: up and down in pieces, checked by their SHA-256."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

import httpx

from web.client_parts.downloads import PIECE_BYTES, keep, stream
from web.client_parts.file_parts import PartUpload, Told
from web.client_parts.http import Http, check, unreachable
from web.client_parts.shapes import File

LARGE_BYTES = 32 * 1024 * 1024
UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=5.0)


class Files:
    """By their paths."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, prefix: str = "") -> Iterator[File]:
        """Files whose path starts so."""
        return self._http.pages("/files", {"prefix": prefix})

    def folder(self, prefix: str = "") -> Iterator[File | str]:
        """What is directly below ``prefix``, which is "" or ends in ``/``: folders as text, and files."""
        after: str | None = None
        while True:
            query = {"prefix": prefix, "delimiter": "/", "limit": 500, "after": after}
            page = self._http.call("GET", "/files", query=query)
            yield from page["folders"]
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def versions(self, path: str) -> Sequence[File]:
        """All versions, newest first."""
        return cast("Sequence[File]", self._http.call("GET", _path(path), query={"versions": ""})["items"])

    def restore(self, path: str, version: int) -> File:
        """Make an older version the latest again, as a new version."""
        return cast(File, self._http.call("POST", _path(path), {"restore": version}))

    def put(self, path: str, source: bytes | Path | IO[bytes], told: Told | None = None) -> File:
        """Write a file. ``told`` gets the number of bytes of each piece that is sent.

        A local file over ``LARGE_BYTES`` goes in parts: after a failure the same call goes on with it.
        """
        if isinstance(source, Path):
            if source.stat().st_size > LARGE_BYTES:
                return PartUpload(self._http, _path(path), source, told or _nobody).run()
            with source.open("rb") as opened:
                return self.put(path, opened, told)
        content = source if isinstance(source, bytes) else _pieces(source, told or _nobody)
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer = self._http.client.put(
                _path(path), content=content, headers=headers, timeout=UPLOAD_TIMEOUT
            )
        except httpx.HTTPError as error:
            raise unreachable(self._http.url, error) from None
        check(answer)
        return cast(File, answer.json())

    def get(self, path: str, version: int | None = None) -> bytes:
        """A file's bytes, all in memory."""
        return b"".join(self.stream(path, version))

    def download(self, path: str, target: Path, version: int | None = None) -> int:
        """Write a file to ``target``, which appears when it is whole; its size in bytes."""
        return keep(self.stream(path, version), target)

    def stream(self, path: str, version: int | None = None) -> Iterator[bytes]:
        """A file's bytes in pieces.

        Raises:
            StorageFailed: at the end, when they are not what was written.
        """
        return stream(self._http, _path(path), {"version": version})

    def delete(self, path: str) -> None:
        """Delete a file; its versions stay."""
        self._http.call("DELETE", _path(path))


def _path(path: str) -> str:
    return f"/files/{quote(path)}"


def _pieces(source: IO[bytes], told: Told) -> Iterator[bytes]:
    while piece := source.read(PIECE_BYTES):
        yield piece
        told(len(piece))


def _nobody(_count: int) -> None:
    pass
