"""What a kernel says of what it made: bounded, storable, and only as much believed as can be checked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from broker_config.wire.errors import BadField, BadMessage
from broker_config.wire.flows import FORMATS, LARGEST_PREVIEW_BYTES, Column, StoredObject
from broker_config.wire.names import check_artifact_name, has_control
from tasks.flow_desk.refusals import Refused, not_stored
from tasks.objects.keys import kernel_prefix
from tasks.objects.store import ObjectStore

LARGEST_BYTES = 80 * 1024**3
MOST_NAMES = 10_000
"""Artifacts that one execution publishes or deletes."""
LARGEST_META_BYTES = 16 * 1024
LARGEST_COLUMNS_BYTES = 4 * 1024 * 1024
MOST_TAGS, LONGEST_TAG = 50, 100
MOST_INPUTS, LONGEST_INPUT = 1_000, 450
LONGEST_DESCRIPTION = 10_000
LONGEST_TYPE = 200
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
CHECKSUM = re.compile(r"[0-9a-f]{64}|([0-9a-f]{64}|[0-9a-f]{8})-[1-9][0-9]{0,4}", re.ASCII)
UPLOAD = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,63}", re.ASCII)


def stored_object(uid: str, given: StoredObject) -> StoredObject:
    """An object that can be one of this kernel's uploads.

    Raises:
        BadMessage: another's key, no size, no sum, or a checksum that contradicts the sum.
    """
    prefix = f"{kernel_prefix(uid)}u/"
    if not given.key.startswith(prefix) or not UPLOAD.fullmatch(given.key.removeprefix(prefix)):
        raise BadMessage("an object's key is not one of its kernel's uploads")
    if not 0 <= given.size <= LARGEST_BYTES:
        raise BadMessage("an object's size cannot be")
    if not SHA256.fullmatch(given.sha256) or not CHECKSUM.fullmatch(given.checksum):
        raise BadMessage("an object's sum is none")
    if "-" not in given.checksum and given.checksum != given.sha256:
        raise BadMessage("an object's checksum is not its sum")
    return given


def compare_with_store(store: ObjectStore, pool: ThreadPoolExecutor, objects: Sequence[StoredObject]) -> None:
    """Compare size and checksum of each with what the store has, several at once.

    Raises:
        Refused: one is missing, or other than was said. Unavailable: the store is away.
    """
    if len(objects) == 1:
        _compare(store, objects[0])
        return
    for done in [pool.submit(_compare, store, one) for one in objects]:
        done.result()


def _compare(store: ObjectStore, said: StoredObject) -> None:
    with not_stored():
        found = store.look(said.key)
    if found.size != said.size:
        raise Refused(
            "StorageUnavailable", f"{said.key} has {found.size} bytes in the store, not {said.size}"
        )
    if found.checksum != said.checksum:
        raise Refused("StorageUnavailable", f"{said.key} has another checksum in the store than was said")


def artifact_name(name: str) -> str:
    """A name of an artifact or output. Raises ``BadField``."""
    return check_artifact_name(name)


def word(given: str, what: str, most: int = LONGEST_TYPE) -> str:
    """A word of a kernel's, in one line; what is over ``most`` is cut."""
    if has_control(given):
        raise BadField(f"{what} holds no control characters")
    return given[:most]


def text(given: str | None, what: str, most: int = LONGEST_DESCRIPTION) -> str | None:
    """Text of several lines.

    Raises:
        BadField: too long, NUL or half a character in it.
    """
    if given is None:
        return None
    if len(given) > most or "\0" in given or not _is_text(given):
        raise BadField(f"{what} is text of at most {most} characters without NUL")
    return given


def _is_text(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def form(given: str) -> str:
    """How an artifact is stored. Raises ``BadMessage``."""
    if given not in FORMATS:
        raise BadMessage(f"an artifact's format is one of {', '.join(FORMATS)}")
    return given


def meta(given: dict[str, Any]) -> dict[str, Any]:
    """The writer's note. Raises ``BadMessage``: too large."""
    if _bytes_of(given) > LARGEST_META_BYTES:
        raise BadMessage(f"an artifact's note is over {LARGEST_META_BYTES} bytes")
    return given


def preview(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """A preview; one that is too large is left out."""
    return given if given is not None and _bytes_of(given) <= LARGEST_PREVIEW_BYTES else None


def columns(given: list[Column]) -> list[dict[str, str]]:
    """Columns as they are kept. Raises ``BadMessage``: too many."""
    found = [{"name": one.name, "type": one.type} for one in given]
    if _bytes_of(found) > LARGEST_COLUMNS_BYTES:
        raise BadMessage("a table's columns are too many, or their names too long")
    return found


def rows(given: int | None) -> int | None:
    """A count of rows, where it is one."""
    return given if given is not None and given >= 0 else None


def tags(given: list[str]) -> list[str]:
    """Tags, each once, in their order. Raises ``BadField``."""
    if len(given) > MOST_TAGS or any(not 1 <= len(tag) <= LONGEST_TAG or has_control(tag) for tag in given):
        raise BadField(f"at most {MOST_TAGS} tags of 1 to {LONGEST_TAG} characters, no control characters")
    return list(dict.fromkeys(given))


def inputs(given: list[str]) -> list[str]:
    """What was read before; what cannot be kept is left out: it is a note, and nothing hangs on it."""
    fit = [one for one in given if 1 <= len(one) <= LONGEST_INPUT and not has_control(one)]
    return list(dict.fromkeys(fit))[:MOST_INPUTS]


def _bytes_of(given: Any) -> int:
    try:
        return len(json.dumps(given, separators=(",", ":"), allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        raise BadMessage("this is not JSON") from None
