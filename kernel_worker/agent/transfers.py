"""Uploads below the kernel's own prefix, downloads by presigned URLs. The S3 SDK loads when first used."""

from __future__ import annotations

import base64
import hashlib
import io
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

from broker_config.wire.errors import StorageFailed, Unavailable
from broker_config.wire.messages import SharedEntry, StoreCredentials
from kernel_worker.agent.desk import Desk

if TYPE_CHECKING:
    import urllib3
    from minio import Minio

T = TypeVar("T")
Headers: TypeAlias = dict[str, str | list[str] | tuple[str]]

RETRY_S = 60.0
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
CONNECT_S = 3.0
READ_S = 30.0
PART_BYTES = 8 * 1024 * 1024
READ_BYTES = 1024 * 1024
CHECKSUM = "x-amz-checksum-sha256"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object that the store took: its key, bytes and the SHA-256 of what was sent."""

    key: str
    size: int
    sha256: str


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


class Store:
    """The object store with this kernel's scoped credential; not for several threads at once."""

    def __init__(self, desk: Desk, uid: str) -> None:
        self._desk = desk
        self._uid = uid
        self._client: tuple[StoreCredentials, Minio] | None = None

    def new_key(self) -> str:
        """A key that nothing else has."""
        return f"k/{self._uid}/u/{uuid.uuid4()}"

    def upload(self, file: BinaryIO, size: int, what: str, retry_s: float = RETRY_S) -> Uploaded:
        """Upload a seekable file of ``size`` bytes to a new key.

        Raises:
            StorageFailed: not within ``retry_s``; names ``what`` was to be stored and is kept.
        """

        def attempt() -> Uploaded:
            file.seek(0)
            key = self.new_key()
            return Uploaded(key, size, self._put(key, file, size))

        return _persistently(attempt, f"{what} could not be stored, it is kept in the kernel", retry_s)

    def upload_bytes(self, data: bytes, what: str, retry_s: float = RETRY_S) -> Uploaded:
        """``upload`` of bytes in memory."""
        return self.upload(io.BytesIO(data), len(data), what, retry_s)

    def download(self, entry: SharedEntry, target: Path) -> None:
        """Fetch a shared file to ``target`` and check its SHA-256.

        Raises:
            StorageFailed: not within ``RETRY_S``, or other bytes than the ledger knows.
        """
        _persistently(
            lambda: _fetch(entry, target), f"shared file {entry.path} could not be fetched", RETRY_S
        )

    def _put(self, key: str, file: BinaryIO, size: int) -> str:
        """Upload from where the file is; the hex SHA-256 of what was sent.

        The store compares that of an upload in one part, and keeps it; the SDK sends none with several.
        """
        credentials, client = self._connected()
        if size <= PART_BYTES:
            data = file.read(size)
            digest = hashlib.sha256(data)
            summed: Headers = {CHECKSUM: base64.b64encode(digest.digest()).decode()}
            client.put_object(credentials.bucket, key, io.BytesIO(data), size, metadata=summed)
            return digest.hexdigest()
        reader = _Hashing(file)
        client.put_object(
            credentials.bucket, key, _as_file(reader), size, part_size=PART_BYTES, num_parallel_uploads=1
        )
        return reader.sha256.hexdigest()

    def _connected(self) -> tuple[StoreCredentials, Minio]:
        from minio import Minio

        credentials = self._desk.credentials()
        if self._client is None or self._client[0] is not credentials:
            scheme, _, host = credentials.endpoint.rpartition("://")
            client = Minio(
                endpoint=host,
                access_key=credentials.access_key,
                secret_key=credentials.secret_key,
                session_token=credentials.session_token,
                region=credentials.region,
                secure=scheme == "https",
                http_client=_pool(),
            )
            self._client = (credentials, client)
        return self._client


def _as_file(reader: _Hashing) -> BinaryIO:
    return reader  # type: ignore[return-value]  # the SDK calls read() only


def _pool() -> urllib3.PoolManager:
    import urllib3

    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S), retries=urllib3.Retry(total=0)
    )


def _fetch(entry: SharedEntry, target: Path) -> None:
    digest = hashlib.sha256()
    with _pool() as pool, target.open("wb") as file:
        response = pool.request("GET", entry.url, preload_content=False)
        try:
            if response.status != 200:
                raise OSError(f"the store answered {response.status}")
            for chunk in response.stream(READ_BYTES):
                digest.update(chunk)
                file.write(chunk)
        finally:
            response.release_conn()
    if entry.sha256 and digest.hexdigest() != entry.sha256:
        # The same again would come: this is not retried.
        raise StorageFailed(
            f"shared file {entry.path} is damaged in the store: its sha256 is {digest.hexdigest()}, "
            f"{entry.sha256} was expected"
        )


def _persistently(attempt: Callable[[], T], failure: str, retry_s: float) -> T:
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + retry_s
    wait_s = FIRST_WAIT_S
    while True:
        began = time.monotonic()
        try:
            return attempt()
        except (MinioException, HTTPError, OSError, Unavailable) as error:
            now = time.monotonic()
            # Not another attempt that would be over when it takes as long as this one.
            if now + wait_s + (now - began) >= deadline:
                # The SDK's messages hold addresses and keys of objects, not secrets; its type is enough here.
                raise StorageFailed(f"{failure} ({type(error).__name__}: {_short(error)})") from None
        time.sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def _short(error: Exception) -> str:
    return str(error).split("?", 1)[0][:200]
