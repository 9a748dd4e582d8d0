"""Displays within the inline caps: what is too big goes to the store and leaves a reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from broker_config.wire.errors import BadMessage, StorageFailed
from kernel_worker.agent.errands import Errands
from kernel_worker.agent.transfers import Store

INLINE_BYTES = 1024 * 1024
TOTAL_INLINE_BYTES = 8 * 1024 * 1024
STORED_BYTES = 64 * 1024 * 1024
MOST_MIMES = 32
LONGEST_MIME = 200
RETRY_S = 20.0
LOST = "not shown: it was too big to keep here, and the store could not be reached"
REFUSED = "not shown: the displays of this cell are over the limit of what is kept"


class Displays:
    """Fits the displays of one execution. ``tell`` is called with a sentence when one could not be stored."""

    def __init__(self, store: Store, errands: Errands, tell: Callable[[str], None]) -> None:
        self._store = store
        self._errands = errands
        self._tell = tell
        self._stored = 0

    def fit(self, data: dict[str, Any], inline: int) -> tuple[dict[str, Any], int, bool]:
        """The bundle to keep, its inline size, and whether it is whole only after the errands so far.

        ``inline`` bytes are kept inline already.

        Raises:
            BadMessage: the bundle is not JSON, or has too many kinds.
        """
        if len(data) > MOST_MIMES or any(len(mime) > LONGEST_MIME for mime in data):
            raise BadMessage("a display has too many kinds")
        kept: dict[str, Any] = {}
        size, before = 0, self._stored
        for mime, content in data.items():
            text = _text(content)
            if len(text) <= INLINE_BYTES and inline + size + len(text) <= TOTAL_INLINE_BYTES:
                kept[mime] = content
                size += len(text)
            else:
                self._away(kept, mime, content, text)
        return kept, size, self._stored > before

    def _away(self, kept: dict[str, Any], mime: str, content: Any, text: str) -> None:
        body = (content if isinstance(content, str) else text).encode("utf-8", "replace")
        kept[mime] = REFUSED
        if self._stored + len(body) > STORED_BYTES:
            return
        self._stored += len(body)

        def upload() -> None:
            try:
                key = self._store.upload_bytes(body, f"a display of {len(body)} bytes", RETRY_S).key
            except StorageFailed as error:
                kept[mime] = LOST
                self._tell(error.message)
            else:
                kept[mime] = {"ref": key, "size": len(body)}

        self._errands.add(upload)


def _text(content: Any) -> str:
    try:
        return json.dumps(content, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise BadMessage("a display is not JSON") from None
