"""What the agent asks of the object store, each request signed with the credential of the moment.

By requests of our own: the SDK's uploads send no checksums in parts, hash each body once more to sign it,
and send it in one call, whose time-out is then that of the whole body. The SDK signs.

A body in one request goes with its SHA-256. Parts go with their CRC-32, of which both sides have forty times
as much a second: it tells a body that changed on its way; whoever reads the object compares its SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, urlencode, urlunsplit

from broker_config.store_http import Answer, Connections
from broker_config.wire.errors import HuskError, StorageFailed, Unavailable
from broker_config.wire.messages import StoreCredentials
from kernel_worker.agent.signing import presigned, signed, url_of

Body: TypeAlias = "bytes | bytearray"
Query: TypeAlias = "dict[str, str]"

WHOLE_SUM, PART_SUM = "x-amz-checksum-sha256", "x-amz-checksum-crc32"
UNSIGNED = "UNSIGNED-PAYLOAD"
"""In place of a body's SHA-256; the headers are signed, and so is the CRC-32 in them."""
DENIED = 403
NOTHING = hashlib.sha256(b"").hexdigest()


class UploadGone(StorageFailed):
    """The store knows nothing (any more) of an upload in parts: it has to begin again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part that the store took; ``crc`` is its CRC-32 in four bytes."""

    number: int
    etag: str
    crc: bytes


class S3:
    """Requests with ``credentials()``; ``denied`` is told of those that the store refused. Safe in threads.

    Every method raises ``Unavailable`` or ``OSError`` when it did not succeed, ``UploadGone`` when never.
    """

    def __init__(
        self, credentials: Callable[[], StoreCredentials], denied: Callable[[StoreCredentials], None]
    ) -> None:
        self._credentials = credentials
        self._denied = denied
        self._connections = Connections()

    def put(self, key: str, body: Body, digest: bytes) -> None:
        """Store an object in one request; the store compares its checksum, and keeps it."""
        self._ask("PUT", key, {}, body, digest.hex(), {WHOLE_SUM: _base64(digest)})

    def begin(self, key: str) -> str:
        """Begin an upload in parts; its id."""
        headers = {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "COMPOSITE"}
        answer = self._ask("POST", key, {"uploads": ""}, extra=headers)
        upload = _text(answer.data, "UploadId")
        if not upload:
            raise Unavailable("the store began no upload in parts")
        return upload

    def put_part(self, key: str, upload: str, number: int, body: Body) -> Part:
        """Store a part; the store compares its checksum."""
        query, crc = {"partNumber": str(number), "uploadId": upload}, crc32(body)
        answer = self._ask("PUT", key, query, body, UNSIGNED, {PART_SUM: _base64(crc)})
        return Part(number, answer.headers.get("etag", "").strip('"'), crc)

    def complete(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Make the parts an object."""
        from xml.etree import ElementTree

        root = ElementTree.Element("CompleteMultipartUpload")
        for part in parts:
            node = ElementTree.SubElement(root, "Part")
            ElementTree.SubElement(node, "ChecksumCRC32").text = _base64(part.crc)
            ElementTree.SubElement(node, "ETag").text = f'"{part.etag}"'
            ElementTree.SubElement(node, "PartNumber").text = str(part.number)
        answer = self._ask("POST", key, {"uploadId": upload}, ElementTree.tostring(root))
        if _text(answer.data, "Code"):  # S3 may find out after it began to answer 200
            raise Unavailable(f"the store did not complete an upload ({_text(answer.data, 'Code')})")

    def abort(self, key: str, upload: str) -> None:
        """Give up an upload in parts."""
        self._ask("DELETE", key, {"uploadId": upload})

    def delete(self, key: str) -> None:
        """Remove an object of this kernel's."""
        self._ask("DELETE", key, {})

    def presigned(self, key: str, seconds: int) -> str:
        """An address of one of this kernel's own objects; it ends with the credential, too."""
        return presigned(self._credentials(), key, seconds)

    def _ask(
        self,
        method: str,
        key: str,
        query: Query,
        body: Body | None = None,
        hashed: str = "",
        extra: dict[str, str] | None = None,
    ) -> Answer:
        held = self._credentials()
        headers = {"Content-Type": "application/octet-stream", **(extra or {})}
        hashed = hashed or (NOTHING if body is None else hashlib.sha256(body).hexdigest())
        url = url_of(held, key)._replace(query=urlencode(query, quote_via=quote))
        send = signed(held, method, url, headers, hashed)
        answer = self._connections.ask(method, urlunsplit(url), send, body)
        if answer.status < 300:
            return answer
        raise self._failure(held, answer)

    def _failure(self, held: StoreCredentials, answer: Answer) -> HuskError:
        code = _text(answer.data, "Code")
        if answer.status == DENIED:
            self._denied(held)
        if code == "NoSuchUpload":
            return UploadGone("the store forgot an upload in parts")
        return Unavailable(f"the store answered {answer.status} {code}".rstrip())


def crc32(data: Body) -> bytes:
    """CRC-32 as the store has it: four bytes, the highest first."""
    return zlib.crc32(data).to_bytes(4, "big")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _text(xml: bytes | bytearray, name: str) -> str:
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(bytes(xml))  # noqa: S314 (the store is trusted)
    except ElementTree.ParseError:
        return ""
    found = next((node for node in root.iter() if node.tag.rpartition("}")[2] == name), None)
    return (found.text or "") if found is not None else ""
