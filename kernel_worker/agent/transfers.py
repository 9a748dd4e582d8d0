"""Uploads below the kernel's own prefix with their checksums, and downloads of shared files."""

from __future__ import annotations

import hashlib
import io
import threading
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from broker_config.wire.errors import HuskError, StorageFailed
from broker_config.wire.messages import SharedEntry
from kernel_worker.agent.crew import Crew
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.downloads import Downloads, Wanted
from kernel_worker.agent.patience import RETRY_S, Patience
from kernel_worker.agent.s3 import S3, Part, UploadGone, crc32

PART_BYTES = 8 * 1024 * 1024
WHOLE_BYTES = 3 * PART_BYTES
"""Up to here a file goes in one request: parts would cost two more."""
MOST_PARTS = 10_000
LARGEST_BYTES = PART_BYTES * MOST_PARTS
PARTS_AT_ONCE = FILES_AT_ONCE = 3
TRIES = 3
"""Of an upload in parts that the store forgets."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object that the store took: its key, bytes, the SHA-256 of what was sent, the store's checksum.

    ``checksum`` is what the store tells: that SHA-256 in hex; of N parts the CRC-32 of theirs, and ``-N``.
    """

    key: str
    size: int
    sha256: str
    checksum: str = ""


class Store:
    """The object store with this kernel's scoped credential. Safe in threads.

    ``patience_s``: of what names none of its own, see ``Patience``.
    """

    def __init__(self, desk: Desk, uid: str, patience_s: float = RETRY_S) -> None:
        self._uid = uid
        self.patience_s = patience_s
        self._crew = Crew(PARTS_AT_ONCE, "parts")
        self._large = threading.Lock()
        self.files = Crew(FILES_AT_ONCE, "files")
        """For whoever stores several files."""
        self.s3 = S3(desk.credentials, desk.forget)
        self.downloads = Downloads(patience_s)

    def new_key(self) -> str:
        """A key that nothing else has."""
        return f"k/{self._uid}/u/{uuid.uuid4()}"

    def upload(
        self,
        file: BinaryIO,
        size: int,
        what: str,
        retry_s: float | None = None,
        unwanted: Callable[[], bool] = lambda: False,
    ) -> Uploaded:
        """Upload a seekable file of ``size`` bytes to a new key. It may grow meanwhile, not shrink.

        Raises:
            StorageFailed: ``retry_s`` passed without a success; names ``what`` was to be stored and is kept.
            GivenUp: ``unwanted()`` is true.
        """
        retry_s = self.patience_s if retry_s is None else retry_s
        patience = Patience(f"{what} could not be stored, it is kept in the kernel", retry_s, unwanted)
        if size <= PART_BYTES:
            return self._whole(file, size, what, patience)
        with self._large:  # one at a time has all connections, and memory for its parts alone
            if size <= WHOLE_BYTES:
                return self._whole(file, size, what, patience)
            for _ in range(TRIES - 1):
                with suppress(UploadGone):
                    return self._in_parts(file, size, what, patience)
            return self._in_parts(file, size, what, patience)

    def upload_bytes(self, data: bytes, what: str, retry_s: float | None = None) -> Uploaded:
        """``upload`` of bytes in memory."""
        return self.upload(io.BytesIO(data), len(data), what, retry_s)

    def download(self, entry: SharedEntry, target: Path) -> None:
        """Fetch a shared file to ``target`` and check its SHA-256.

        Raises:
            StorageFailed: not within ``patience_s``, or other bytes than the ledger knows.
        """
        wanted = Wanted(entry.size, entry.sha256, f"shared file {entry.path}")
        self.downloads.fetch(wanted, lambda _again: entry.url, target)

    def _whole(self, file: BinaryIO, size: int, what: str, patience: Patience) -> Uploaded:
        file.seek(0)  # where its owner left it
        data = _filled(file, size, what)
        digest = hashlib.sha256(data)

        def put() -> str:
            key = self.new_key()
            self.s3.put(key, data, digest.digest())
            return key

        return Uploaded(patience.persist(put), len(data), digest.hexdigest(), digest.hexdigest())

    def _in_parts(self, file: BinaryIO, size: int, what: str, patience: Patience) -> Uploaded:
        """Raises ``UploadGone`` when it has to begin again; nothing is left behind when it fails."""
        patience.check()
        key = self.new_key()
        upload = patience.persist(lambda: self.s3.begin(key))
        whole = hashlib.sha256()
        file.seek(0)
        sent: deque[Future[Part]] = deque()
        parts: list[Part] = []
        try:
            for number, start in enumerate(range(0, size, PART_BYTES), 1):
                data = _filled(file, min(PART_BYTES, size - start), what)
                whole.update(data)
                if (
                    len(sent) >= PARTS_AT_ONCE
                ):  # now, and not before this one was read: none of them waits for us
                    parts.append(sent.popleft().result())
                sent.append(self._crew.submit(self._sender(key, upload, number, data, patience)))
            parts += [future.result() for future in sent]
            patience.persist(lambda: self.s3.complete(key, upload, parts))
        except BaseException:
            self._abandon(key, upload, sent)
            raise
        sums = crc32(b"".join(part.crc for part in parts)).hex()
        return Uploaded(key, size, whole.hexdigest(), f"{sums}-{len(parts)}")

    def _sender(
        self, key: str, upload: str, number: int, data: bytearray, patience: Patience
    ) -> Callable[[], Part]:
        return lambda: patience.persist(lambda: self.s3.put_part(key, upload, number, data))

    def _abandon(self, key: str, upload: str, sent: deque[Future[Part]]) -> None:
        for future in sent:
            if not future.cancel():
                with suppress(HuskError):
                    future.result()  # a part that comes later would be left behind
        with suppress(HuskError, OSError):
            self.s3.abort(key, upload)


def _filled(file: BinaryIO, size: int, what: str) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        got = file.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise StorageFailed(f"{what} became shorter while it was stored; it is kept in the kernel")
        done += got
    return data
