"""A body on its way into the object store."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from broker_config.wire.errors import BadInput, HuskError, StorageFailed, TooLarge
from tasks.objects.results import Stored
from tasks.objects.store import ObjectStore

log = logging.getLogger(__name__)


class Upload:
    """One upload to a key used for nothing else."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key

    def put(self, stream: BinaryIO, length: int | None) -> Stored:
        """Upload all of ``stream``, in parts; ``length`` in bytes as announced.

        Raises:
            TooLarge: over the request's limit. BadInput: the client went away, or sent less.
            Unavailable, StorageFailed: the store.
        """
        try:
            return self._store.put_stream(self._key, stream, -1 if length is None else length)
        except RequestEntityTooLarge:
            raise TooLarge("the file is over the limit of uploads (HUSK_UPLOAD_MAX_BYTES)") from None
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
