"""Uploads in parts, each with its SHA-256, which the store checks and keeps.

The SDK's own multipart upload sends no checksums, and SeaweedFS does not compare a body with the
``x-amz-content-sha256`` that its request was signed with: only ``x-amz-checksum-sha256`` is compared.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from xml.etree import ElementTree

from minio import Minio

from broker_config.wire.errors import NotFound, StorageFailed, Unavailable
from tasks.objects.client import our_errors

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 10_000

Headers: TypeAlias = dict[str, str | list[str] | tuple[str]]


class Readable(Protocol):
    """What uploads read from: at most ``size`` bytes a call, none at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upload goes, and what it holds."""

    bucket: str
    key: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part that the store took; ``digest`` is its raw SHA-256."""

    number: int
    etag: str
    digest: bytes


def part_size(length: int) -> int:
    """Bytes of each part for ``length`` bytes in all, -1 for unknown (then 80 GB are the most)."""
    return max(PART_BYTES, -(-length // MOST_PARTS))


def read_parts(stream: Readable, size: int) -> Iterator[bytes]:
    """Parts of exactly ``size`` bytes and a last shorter one; one empty part if there is nothing."""
    first = True
    while True:
        part = _filled(stream, size)
        if part or first:
            yield part
        first = False
        if len(part) < size:
            return


def put_whole(client: Minio, target: Target, data: bytes) -> bytes:
    """Upload in one request; returns the raw SHA-256 that the store compared."""
    digest = hashlib.sha256(data).digest()
    with our_errors("upload"):
        client.put_object(
            target.bucket,
            target.key,
            io.BytesIO(data),
            len(data),
            content_type=target.content_type,
            part_size=max(PART_BYTES, len(data)),
            metadata={"x-amz-checksum-sha256": _text(digest)},
        )
    return digest


def put_parts(client: Minio, target: Target, parts: Iterator[bytes]) -> list[Part]:
    """Upload as one object of several parts; nothing is left behind when it fails."""
    upload = begin(client, target)
    try:
        done = [put_part(client, target, upload, n, data) for n, data in enumerate(parts, 1)]
        complete(client, target, upload, done)
    except BaseException:
        with suppress(StorageFailed, Unavailable, NotFound):
            abort(client, target, upload)
        raise
    return done


def composite(parts: list[Part]) -> str:
    """The checksum that the store tells of an object of these parts: hex SHA-256 of their digests, ``-N``."""
    return f"{hashlib.sha256(b''.join(part.digest for part in parts)).hexdigest()}-{len(parts)}"


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _filled(stream: Readable, size: int) -> bytes:
    # A socket's read may return less than was asked for; S3 refuses short parts in the middle.
    pieces: list[bytes] = []
    missing = size
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def begin(client: Minio, target: Target) -> str:
    """Begin an upload in parts; its id in the store."""
    headers: Headers = {"Content-Type": target.content_type, "x-amz-checksum-algorithm": "SHA256"}
    with our_errors("upload"):
        return str(client._create_multipart_upload(target.bucket, target.key, headers))


def put_part(client: Minio, target: Target, upload: str, number: int, data: bytes) -> Part:
    """Upload one part, numbered from 1; all but the last have at least 5 MiB."""
    digest = hashlib.sha256(data).digest()
    headers: Headers = {"x-amz-checksum-sha256": _text(digest)}
    with our_errors(f"upload of part {number}"):
        etag = client._upload_part(target.bucket, target.key, data, headers, upload, number)
    return Part(number, str(etag), digest)


def complete(client: Minio, target: Target, upload: str, parts: list[Part]) -> None:
    """Make the parts one object, which is there from now on. Raises ``NotFound``: there is no such upload."""
    # The SDK's own completion names no checksums, which the store refuses where an algorithm was announced.
    root = ElementTree.Element("CompleteMultipartUpload")
    for part in parts:
        node = ElementTree.SubElement(root, "Part")
        ElementTree.SubElement(node, "ChecksumSHA256").text = _text(part.digest)
        ElementTree.SubElement(node, "ETag").text = f'"{part.etag}"'
        ElementTree.SubElement(node, "PartNumber").text = str(part.number)
    with our_errors("completion of the upload"):
        client._execute(
            "POST",
            target.bucket,
            target.key,
            body=ElementTree.tostring(root),
            headers={"Content-Type": "application/xml"},
            query_params={"uploadId": upload},
        )


def abort(client: Minio, target: Target, upload: str) -> None:
    """Forget an upload and its parts. Raises ``NotFound``: there is no such upload."""
    with our_errors("abort"):
        client._abort_multipart_upload(target.bucket, target.key, upload)
