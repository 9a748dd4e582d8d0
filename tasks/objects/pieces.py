"""One object's upload that goes on over several requests, perhaps of several processes."""

from __future__ import annotations

from contextlib import suppress

from minio import Minio

from broker_config.wire.errors import NotFound
from tasks.objects import parts
from tasks.objects.parts import Part, Target


class Pieces:
    """The parts of one key. Which upload it is, and what came of it, is kept by who calls.

    Every method may raise ``Unavailable`` and ``StorageFailed``.
    """

    def __init__(self, client: Minio, target: Target) -> None:
        self._client = client
        self._target = target

    def begin(self) -> str:
        """The new upload's id in the store."""
        return parts.begin(self._client, self._target)

    def put(self, upload: str, number: int, data: bytes) -> Part:
        """Upload part ``number``, from 1. Raises ``NotFound``: the store knows no such upload any more."""
        return parts.put_part(self._client, self._target, upload, number, data)

    def complete(self, upload: str, done: list[Part]) -> None:
        """Make them one object. Raises ``NotFound``: there is no such upload, or it was completed before."""
        parts.complete(self._client, self._target, upload, done)

    def abort(self, upload: str) -> None:
        """Forget the upload; it is no error if there is none."""
        with suppress(NotFound):
            parts.abort(self._client, self._target, upload)
