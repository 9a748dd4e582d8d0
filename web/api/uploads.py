"""Bodies on their way into the object store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from werkzeug.exceptions import HTTPException

from broker_config.wire.errors import BadField, BadInput, HuskError, StorageFailed, TooLarge
from tasks.objects.parts import PART_BYTES
from tasks.objects.results import Stored
from tasks.objects.store import ObjectStore

ENDED = "the body ended early"
RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})", re.ASCII)
HEADER = "Content-Range"


class Bounded:
    """A body of at most ``limit`` bytes.

    Raises:
        TooLarge: it is announced as longer, or goes on for longer.
    """

    def __init__(self, stream: IO[bytes], length: int | None, limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._sentence = f"a file has at most {limit} bytes (HUSK_UPLOAD_MAX_BYTES)"
        if length is not None and length > limit:
            raise TooLarge(self._sentence)

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(self._sentence)
        return data


class Exactly:
    """A body of ``length`` bytes. Raises ``BadInput`` where it ends before."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted == 0:
            return b""
        try:
            data = self._stream.read(wanted)
        except (HTTPException, OSError):
            raise BadInput(ENDED) from None
        if not data:
            raise BadInput(ENDED)
        self._left -= len(data)
        return data


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``begin`` to before ``end``, of ``total``; none of them: a question how far it is."""

    begin: int
    end: int
    total: int

    @property
    def length(self) -> int:
        """Bytes in it."""
        return self.end - self.begin


def read_span(header: str, limit: int) -> Span:
    """What a ``Content-Range`` says.

    Raises:
        BadField: it is none, or parts of such a size cannot be put together. TooLarge: over ``limit`` bytes.
    """
    found = RANGE.fullmatch(header)
    if found is None:
        raise BadField("is `bytes FIRST-LAST/TOTAL`, or `bytes */TOTAL` to ask how far it is", HEADER)
    total = int(found[3])
    if total > limit:
        raise TooLarge(f"a file has at most {limit} bytes (HUSK_UPLOAD_MAX_BYTES)")
    if found[1] is None:
        return Span(0, 0, total)
    begin, end = int(found[1]), int(found[2]) + 1
    if not begin < end <= total:
        raise BadField("FIRST is not after LAST, and LAST is before TOTAL", HEADER)
    if begin % PART_BYTES or (end % PART_BYTES and end != total):
        raise BadField(f"parts begin and end at multiples of {PART_BYTES} bytes, or at the end", HEADER)
    return Span(begin, end, total)


class Upload:
    """One upload to a key used for nothing else."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key

    def put(self, stream: Bounded, length: int | None) -> Stored:
        """Upload all of ``stream``, in parts; ``length`` in bytes as announced.

        Raises:
            TooLarge: over the request's limit. BadInput: the client went away, or sent less.
            Unavailable, StorageFailed: the store.
        """
        try:
            return self._store.put_stream(self._key, stream, -1 if length is None else length)
        except HTTPException:
            raise BadInput(ENDED) from None
        except StorageFailed as error:
            raise BadInput(error.message) if "announced" in error.message else error from None
        except OSError as error:
            raise BadInput(f"the body could not be read ({type(error).__name__})") from None

    @contextmanager
    def kept_only_if_recorded(self) -> Iterator[None]:
        """Remove the object again when the block fails: nothing refers to it then."""
        try:
            yield
        except BaseException:
            with suppress(HuskError):
                self._store.remove(self._key)
            raise
