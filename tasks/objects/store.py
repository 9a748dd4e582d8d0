"""The object store as the control plane uses it: one bucket, opaque keys, whole objects or an error."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from minio import Minio
from minio.commonconfig import CopySource
from minio.error import S3Error
from urllib3.response import BaseHTTPResponse

from broker_config.settings import Settings
from broker_config.wire.errors import NotFound, StorageFailed, Unavailable
from tasks.objects import keys
from tasks.objects.client import COPY_READ_S, PROBE_S, bounded_pool, make_client, our_errors
from tasks.objects.counted import Counted
from tasks.objects.looking import Looks, checksum_in
from tasks.objects.parts import Readable, Target, composite, part_size, put_parts, put_whole, read_parts
from tasks.objects.pieces import Pieces
from tasks.objects.results import Download, ObjectInfo, Stored

BINARY = "application/octet-stream"
LONGEST_PRESIGNED_S = 7 * 24 * 3600
SAME_URL_S = 600


class ObjectStore:
    """All that the control plane does with objects; safe for threads. Making it connects to nothing.

    Every method may raise ``Unavailable`` (no answer within the bounds of ``client``) and
    ``StorageFailed`` (the store refused); those of one key raise ``NotFound`` where it must exist.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.store_endpoint
        self._bucket = settings.s3_bucket
        self._client = make_client(settings, own, bounded_pool())
        self._copier = make_client(settings, own, bounded_pool(COPY_READ_S, retries=0))
        self._looks = Looks(settings)
        self._prober = make_client(settings, own, bounded_pool(PROBE_S, retries=0))
        self._settings = settings
        self._signers: dict[str | None, Minio] = {}

    def ensure_bucket(self) -> None:
        """Make the bucket if it is missing.

        Without versioning: keys are used once and the ledger decides what is current, so old
        versions would only keep what was deleted.
        """
        with our_errors("bucket"):
            if self._client.bucket_exists(self._bucket):
                return
            try:
                self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code != "BucketAlreadyOwnedByYou":
                    raise

    def probe(self) -> None:
        """Put, get and remove a tiny object: at most ``PROBE_S`` seconds each, with no second try.

        Raises:
            Unavailable: one of the three failed.
        """
        key = keys.probe()
        try:
            with our_errors("health check"):
                put_whole(self._prober, Target(self._bucket, key, BINARY), key.encode())
                response = self._prober.get_object(self._bucket, key)
                with Download(key, response) as download:
                    whole = b"".join(download) == key.encode()
                self._prober.remove_object(self._bucket, key)
        except (NotFound, StorageFailed) as error:
            raise Unavailable(error.message) from None
        if not whole:
            raise Unavailable("health check: the object store gave back other bytes")

    def put_bytes(self, key: str, data: bytes, content_type: str = BINARY) -> Stored:
        """Upload ``data``; the store compares its SHA-256 and keeps it."""
        return self.put_stream(key, io.BytesIO(data), len(data), content_type)

    def put_stream(self, key: str, stream: Readable, length: int = -1, content_type: str = BINARY) -> Stored:
        """Upload what ``stream`` gives, in parts of bounded memory; ``length`` in bytes, -1 for unknown.

        What ``stream.read`` raises is raised unchanged; nothing is stored then.

        Raises:
            StorageFailed: also when the stream holds other than ``length`` bytes.
        """
        counted = Counted(stream, length)
        parts = read_parts(counted, part_size(length))
        first = next(parts)
        target = Target(self._bucket, key, content_type)
        if len(first) < part_size(length):
            counted.check()
            checksum = put_whole(self._client, target, first).hex()
        else:
            checksum = composite(put_parts(self._client, target, counted.checked(chain([first], parts))))
        return Stored(key, counted.size, counted.sha256, checksum)

    def pieces(self, key: str) -> Pieces:
        """An upload of ``key`` that goes on over several requests."""
        return Pieces(self._client, Target(self._bucket, key, BINARY))

    def open(self, key: str, offset: int = 0, length: int | None = None) -> Download:
        """Begin a download, of at most ``length`` bytes from ``offset``. Close it, or use ``with``."""
        if length == 0:
            self.stat(key)
            return Download(key, None)
        with our_errors(f"download of {key}"):
            return Download(key, self._ranged(key, offset, length))

    def stat(self, key: str) -> ObjectInfo:
        """Size, and the store's own checksum."""
        with our_errors(f"look-up of {key}"):
            found = self._client.stat_object(
                self._bucket, key, extra_headers={"x-amz-checksum-mode": "ENABLED"}
            )
        return ObjectInfo(key, found.size or 0, checksum_in(found.metadata or {}))

    def look(self, key: str) -> ObjectInfo:
        """``stat`` for whoever a kernel waits for: see ``Looks``."""
        return self._looks.look(key)

    def remove(self, key: str) -> None:
        """Remove the object; it is no error if there is none."""
        with our_errors(f"removal of {key}"):
            self._client.remove_object(self._bucket, key)

    def copy(self, source: str, target: str) -> None:
        """Copy inside the store, with the content type and checksum of ``source``; up to ``COPY_READ_S``."""
        with our_errors(f"copy of {source}"):
            self._copier.copy_object(self._bucket, target, CopySource(self._bucket, source))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object below ``prefix``, in order of keys; listings hold no checksums."""
        with our_errors(f"listing of {prefix}"):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                at = None if found.last_modified is None else found.last_modified.timestamp()
                yield ObjectInfo(str(found.object_name), found.size or 0, None, at)

    def abort_old(self, prefix: str, before: float) -> int:
        """Forget uploads in parts below ``prefix`` that began before that time; how many, at most a thousand.

        MinIO lists them by whole keys only, and forgets them itself after a day.
        """
        with our_errors(f"unfinished uploads of {prefix}"):
            found = self._client._list_multipart_uploads(self._bucket, prefix=prefix).uploads
        old = [one for one in found if one.initiated_time and one.initiated_time.timestamp() < before]
        for one in old:
            self.pieces(str(one.object_name)).abort(str(one.upload_id))
        return len(old)

    def presign_get(self, key: str, expires_s: float, gateway: str | None = None) -> str:
        """A URL by which a kernel reads this object, ranges included, for 1 s to 7 days; no request.

        The same one for a while, and good for longer by as much: Polars keeps connections and all that it has
        to load for them by URL, so that a new one costs the next read of a table 25 ms.

        ``gateway``: of the network of a kernel that is a container; the address is part of what is signed.
        """
        seconds = int(min(max(expires_s, 1.0), LONGEST_PRESIGNED_S))
        same_s = max(1, min(SAME_URL_S, seconds // 4))
        begun = datetime.fromtimestamp(time.time() // same_s * same_s, UTC)
        lasts = timedelta(seconds=min(seconds + same_s, LONGEST_PRESIGNED_S))
        signer = self._signer(gateway)
        return str(signer.presigned_get_object(self._bucket, key, lasts, request_date=begun))

    def _signer(self, gateway: str | None) -> Minio:
        if gateway not in self._signers:
            endpoint = self._settings.kernel_endpoint(gateway)
            self._signers[gateway] = make_client(self._settings, endpoint, bounded_pool())
        return self._signers[gateway]

    def _ranged(self, key: str, offset: int, length: int | None) -> BaseHTTPResponse | None:
        try:
            return self._client.get_object(self._bucket, key, offset=offset, length=length or 0)
        except S3Error as error:
            if error.code == "InvalidRange":  # behind the end, as a file's read: nothing
                return None
            raise
