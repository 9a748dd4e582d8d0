"""Frozen dataclasses to JSON and back, strictly. Failing to decode is ``BadMessage``."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin

from broker_config.wire.errors import BadMessage

LARGEST_INT = 2**63 - 1
"""What a column of the ledger can hold."""

T = TypeVar("T")


def plain(message: Any) -> Any:
    """A dataclass as JSON-ready data. Fields that are None stay, so that shapes are constant."""
    if dataclasses.is_dataclass(message):
        return {f.name: plain(getattr(message, f.name)) for f in dataclasses.fields(message)}
    if isinstance(message, (list, tuple)):
        return [plain(item) for item in message]
    if isinstance(message, dict):
        return {key: plain(value) for key, value in message.items()}
    return message


def encode(message: Any) -> str:
    """A dataclass as compact JSON text; lone surrogates are replaced, NaN is refused."""
    text = json.dumps(plain(message), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()


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
    return typing.cast(T, _value(cls, data, cls.__name__))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _object(cls: type, data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise BadMessage(f"{where}: an object is needed")
    hints = _hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    unknown = set(data) - set(fields)
    if unknown:
        raise BadMessage(f"{where}: unknown field {min(map(str, unknown))}")
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise BadMessage(f"{where}: field {name} is missing")
    return cls(**values)


def _sequence(hint: Any, data: Any, where: str) -> Any:
    if not isinstance(data, list):
        raise BadMessage(f"{where}: a list is needed")
    item = get_args(hint)[0]
    items = [_value(item, value, f"{where}[{index}]") for index, value in enumerate(data)]
    return tuple(items) if get_origin(hint) is tuple else items


def _mapping(hint: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise BadMessage(f"{where}: an object is needed")
    item = get_args(hint)[1]
    return {key: _value(item, value, f"{where}.{key}") for key, value in data.items()}


def _scalar(hint: Any, data: Any, where: str) -> Any:
    if isinstance(data, int) and not isinstance(data, bool) and hint in (int, float):
        return _number(hint, data, where)
    if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
        raise BadMessage(f"{where}: {hint.__name__} is needed")
    return data


def _number(hint: Any, data: int, where: str) -> Any:
    if hint is int and abs(data) > LARGEST_INT:
        raise BadMessage(f"{where}: a whole number within 64 bits is needed")
    try:
        return hint(data)
    except OverflowError:
        raise BadMessage(f"{where}: a number that a float can hold is needed") from None


def _optional(hint: Any, data: Any, where: str) -> Any:
    if data is None and type(None) in get_args(hint):
        return None
    return _value(next(a for a in get_args(hint) if a is not type(None)), data, where)


def _word(hint: type[StrEnum], data: Any, where: str) -> Any:
    # Only text is looked up: the enum's own error shows the value, and fails itself on a deep one.
    if isinstance(data, str):
        with contextlib.suppress(ValueError):
            return hint(data)
    raise BadMessage(f"{where}: one of {', '.join(hint)} is needed")


_CONTAINERS: dict[Any, Any] = {
    Union: _optional,
    types.UnionType: _optional,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
}


def _value(hint: Any, data: Any, where: str) -> Any:
    if hint is Any:
        return data
    container = _CONTAINERS.get(get_origin(hint))
    if container is not None:
        return container(hint, data, where)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), data, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word(hint, data, where)
    return _scalar(hint, data, where)


def encode_tagged(message: Any) -> str:
    """A member of a closed union as JSON with its ``TYPE`` in ``type``."""
    return json.dumps(
        {"type": message.TYPE, **plain(message)}, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


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
