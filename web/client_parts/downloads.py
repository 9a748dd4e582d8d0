"""Bytes from the server in pieces, checked by their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from broker_config.wire.errors import StorageFailed
from web.client_parts.http import Http, check, unreachable

PIECE_BYTES = 256 * 1024


def stream(http: Http, path: str, query: dict[str, Any] | None = None) -> Iterator[bytes]:
    """What is at ``path``, in pieces.

    Raises:
        StorageFailed: at the end, when it is not what was written.
    """
    asked = {name: value for name, value in (query or {}).items() if value is not None}
    digest = hashlib.sha256()
    try:
        with http.client.stream("GET", path, params=asked) as answer:
            if not answer.is_success:
                answer.read()
                check(answer)
            for piece in answer.iter_raw(PIECE_BYTES):
                digest.update(piece)
                yield piece
    except httpx.HTTPError as error:
        raise unreachable(http.url, error) from None
    if answer.headers.get("ETag", "").strip('"') not in {"", digest.hexdigest()}:
        raise StorageFailed(f"{path}: what came is not what was written")


def keep(pieces: Iterable[bytes], target: Path) -> int:
    """Write pieces to ``target``, which appears when it is whole; its size in bytes."""
    fresh = target.with_name(target.name + ".part")
    try:
        with fresh.open("wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return size
