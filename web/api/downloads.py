"""Objects to clients: whole and verified, or in ranges; in bounded memory."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from broker_config.wire.errors import Conflict, HuskError, NotFound, StorageFailed
from tasks.ledger.session import Session
from tasks.objects import results
from tasks.services import Services

BINARY = "application/octet-stream"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Download:
    """What to send. ``sha256`` "" is not known; ``mark`` notes that it is not what was written."""

    key: str
    size: int
    sha256: str
    name: str
    mark: Callable[[Session], object] | None = None
    mime: str = BINARY


def send(services: Services, look_up: Callable[[], Download]) -> Response:
    """The answer: 200, 206, 304 or 416. ``look_up`` is asked twice where the object was just moved.

    Raises:
        StorageFailed: the object is gone though the ledger has it.
        Unavailable: the store does not answer.
    """
    what = look_up()
    headers = _headers(what)
    if what.sha256 and request.if_none_match.contains(what.sha256):
        return Response(status=304, headers=headers)
    start, stop = _range(what)
    partial = (start, stop) != (0, what.size)
    headers["Content-Length"] = str(stop - start)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{what.size}"
    status = 206 if partial else 200
    if request.method == "HEAD":
        return Response((), status, headers)
    opened = _open(services, look_up, what, (start, stop))
    body = _Body(services, what, opened, verified=not partial and what.sha256 != "")
    body.begin()
    return Response(body, status, headers, direct_passthrough=True)


def _open(
    services: Services, look_up: Callable[[], Download], what: Download, span: tuple[int, int]
) -> results.Download:
    start, stop = span
    try:
        return services.store.open(what.key, start, stop - start)
    except NotFound:
        # Housekeeping moves what a kernel wrote to its owner's prefix.
        now = look_up()
    if now.key == what.key or now.sha256 != what.sha256:
        raise StorageFailed("the file's bytes are missing in the object store")
    return services.store.open(now.key, start, stop - start)


def _headers(what: Download) -> dict[str, str]:
    name = quote(what.name.rsplit("/", 1)[-1], safe="")
    headers = {
        "Content-Type": what.mime,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }
    return {**headers, "ETag": f'"{what.sha256}"'} if what.sha256 else headers


def _range(what: Download) -> tuple[int, int]:
    """First byte and the one after the last. Several ranges are answered by the whole."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or not _same_version(what):
        return 0, what.size
    found = asked.range_for_length(what.size)
    if found is None:
        raise RequestedRangeNotSatisfiable(what.size, description=f"the file has {what.size} bytes")
    return found


def _same_version(what: Download) -> bool:
    condition = request.if_range
    if condition is None or (condition.etag is None and condition.date is None):
        return True
    return condition.etag == what.sha256


class _Body:
    """Chunks of an object. Of a whole one the last is held back until the checksum is right."""

    def __init__(self, services: Services, what: Download, opened: results.Download, verified: bool) -> None:
        self._services = services
        self._what = what
        self._opened = opened
        self._verified = verified
        self._chunks = self._checked()
        self._first = b""

    def begin(self) -> None:
        """Read as much as must be there before the answer begins; what fails now has a status of its own.

        Raises:
            Conflict: the file is small, and not what was written.
            Unavailable, StorageFailed: the store.
        """
        try:
            self._first = next(self._chunks, b"")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        yield from self._chunks

    def _checked(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        held = b""
        for chunk in self._opened:
            digest.update(chunk)
            if held:
                yield held
            held = chunk
        if self._verified and digest.hexdigest() != self._what.sha256:
            self._damaged()
            # In the middle of an answer it ends short of its Content-Length: the client sees it is not whole.
            raise Conflict("the file is damaged: its bytes are not what was written")
        if held:
            yield held

    def close(self) -> None:
        """Called by the server at the end, however it came."""
        self._opened.close()

    def _damaged(self) -> None:
        log.error("object %s is not what was written", self._what.key)
        if self._what.mark is None:
            return
        try:
            with self._services.ledger.write() as session:
                self._what.mark(session)
        except HuskError as error:
            log.error("could not note that %s is damaged: %s", self._what.key, error)
