"""What a kernel wrote is hostile: an event is what its schema says and about that kernel, or nothing."""

from __future__ import annotations

import json
import logging
import math
import re
from typing import Any, TypeVar

from broker_config.wire.errors import BadMessage
from broker_config.wire.events import Event, unpack
from broker_config.wire.names import EXECUTION_ID, kernel_of
from tasks.recording.consumer import Entry

LARGEST_BYTES = 64 * 1024 * 1024
LARGEST_NUMBER = 2**63 - 1
CLOCKS_APART_S = 60.0
MOST_ITEMS = 10_000
MOST_ITEMS_BYTES = 4 * 1024 * 1024
# A value that Python's reader takes and JSON does not know, or one so large that it may become infinity.
# Within an event a value follows one of these bytes. Ids, full of digits about an e, follow a quote. What a
# text says may still look like one, and costs a second look.
SUSPECT = re.compile(rb"[\[,: \t\n\r](?:-?[0-9](?:[0-9.]*[eE]\+?[0-9]{3}|[0-9]{199})|NaN|-?Infinity)")

T = TypeVar("T")

log = logging.getLogger(__name__)


def checked(entry: Entry) -> Event | None:
    """The event of an entry; None, and a log line, when it is none or is about another kernel's execution."""
    try:
        return _checked(entry)
    except BadMessage as error:
        log.warning("kernel %s: an event was dropped: %s", entry.uid, error)
        return None


def _checked(entry: Entry) -> Event:
    if entry.text is None:
        raise BadMessage("an entry without an event")
    if len(entry.text) > LARGEST_BYTES:
        raise BadMessage(f"an event of {len(entry.text)} bytes")
    if b"\0" in entry.text:
        # Python's reader would take it for UTF-16 or 32, where nothing looks as it does below.
        raise BadMessage("not UTF-8")
    if SUSPECT.search(entry.text):
        _refuse_infinite(entry.text)
    try:
        event = unpack(entry.text)
    except (UnicodeDecodeError, RecursionError):
        raise BadMessage("not text, or nested too deep") from None
    about = event.execution_id
    if about is not None and (not EXECUTION_ID.fullmatch(about) or kernel_of(about) != entry.uid):
        raise BadMessage("it is about an execution of another kernel")
    return event


def _refuse_infinite(text: bytes) -> None:
    try:
        json.dumps(json.loads(text), allow_nan=False)
    except (ValueError, RecursionError):
        raise BadMessage("not JSON: a number that is none") from None


def time_of(claimed: float | None, now: float) -> float | None:
    """A kernel's unix time where it can be true, else None."""
    if claimed is None or not math.isfinite(claimed) or not 0 < claimed <= now + CLOCKS_APART_S:
        return None
    return claimed


def whole_of(claimed: int | None) -> int | None:
    """A count that the ledger can hold, else None."""
    return claimed if claimed is not None and 0 <= claimed <= LARGEST_NUMBER else None


def seconds_of(claimed: float | None) -> float | None:
    """A duration that can be true, else None."""
    return claimed if claimed is not None and math.isfinite(claimed) and claimed >= 0 else None


def bounded(claimed: list[T]) -> list[T]:
    """Of a list of a kernel's as much, from its beginning, as the ledger keeps of one."""
    kept, size = claimed[:MOST_ITEMS], 0
    for count, one in enumerate(kept):
        size += len(json.dumps(one))
        if size > MOST_ITEMS_BYTES:
            return kept[:count]
    return kept


def short(text: Any, most: int = 64) -> str:
    """A word of a kernel's, printable ASCII and bounded, as a key or column takes it."""
    return "".join(c for c in str(text)[:most] if c.isascii() and c.isprintable())
