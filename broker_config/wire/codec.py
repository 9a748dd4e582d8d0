"""Frozen dataclasses to JSON and back, strictly. Failing to decode is ``BadMessage``."""

from __future__ import annotations

import dataclasses
import functools
import json
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from broker_config.wire.errors import BadMessage
from broker_config.wire.reading import LARGEST_INT, reader_of

__all__ = ["LARGEST_INT", "build", "compact", "decode", "decode_tagged", "encode", "encode_tagged", "plain"]

T = TypeVar("T")

_LEAVES = frozenset({str, int, float, bool, type(None)})
_compact = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_readable = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def plain(message: Any) -> Any:
    """A dataclass as JSON-ready data. Fields that are None stay, so that shapes are constant."""
    kind: Any = type(message)
    if kind in _LEAVES:
        return message
    if kind is dict:
        return {key: plain(value) for key, value in message.items()}
    if kind in (list, tuple):
        return [plain(item) for item in message]
    names = _names(kind)
    return message if names is None else {name: plain(getattr(message, name)) for name in names}


@functools.cache
def _names(kind: type) -> tuple[str, ...] | None:
    return tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def compact(data: dict[str, Any]) -> str:
    """JSON-ready data as compact ASCII text; NaN is refused."""
    return _compact(data)


def encode(message: Any) -> str:
    """A dataclass as compact JSON text; lone surrogates are replaced, NaN is refused."""
    return _readable(plain(message)).encode("utf-8", "replace").decode()


def decode(cls: type[T], text: str | bytes) -> T:
    """JSON text as ``cls``.

    Raises:
        BadMessage: not JSON, a missing, unknown or wrongly typed field, a number over 64 bits.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None
    return build(cls, data)


def build(cls: type[T], data: Any) -> T:
    """Plain data as ``cls``; the same errors as ``decode``."""
    return typing.cast(T, reader_of(typing.cast(Any, cls))(data, cls.__name__))


def encode_tagged(message: Any) -> str:
    """A member of a closed union as JSON with its ``TYPE`` in ``type``."""
    return _compact({"type": message.TYPE, **plain(message)})


def decode_tagged(members: Mapping[str, type], text: str | bytes) -> Any:
    """The reverse of ``encode_tagged`` over ``members`` (``TYPE`` → class).

    Raises:
        BadMessage: as ``decode``, or a ``type`` that is not in ``members``.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadMessage("an object is needed")
    kind = data.pop("type", None)
    if not isinstance(kind, str) or kind not in members:
        raise BadMessage("unknown type of message")
    return build(members[kind], data)
