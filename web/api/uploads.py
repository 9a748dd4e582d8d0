"""A body on its way into the object store."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from werkzeug.exceptions import HTTPException

from broker_config.wire.errors import BadInput, HuskError, StorageFailed, TooLarge
from tasks.objects.results import Stored
from tasks.objects.store import ObjectStore

log = logging.getLogger(__name__)


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
            raise BadInput("the body ended early") from None
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
