"""Readers of plain data, made once per type. Data that does not fit is ``BadMessage``, with its place."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

from broker_config.wire.errors import BadMessage

LARGEST_INT = 2**63 - 1
"""What a column of the ledger can hold."""

Where = tuple["Where", str] | str
"""A place in a message, put into words only when something is wrong there."""
Reader = Callable[[Any, Where], Any]


def _bad(where: Where, what: str) -> BadMessage:
    parts: list[str] = []
    while not isinstance(where, str):
        where, part = where
        parts.append(part)
    return BadMessage(f"{where}{''.join(reversed(parts))}: {what}")


@functools.cache
def reader_of(hint: Any) -> Reader:
    """What reads data as ``hint``; made once per type."""
    if hint is Any:
        return lambda data, _where: data
    container = _CONTAINERS.get(get_origin(hint))
    if container is not None:
        return container(hint)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word(hint)
    return _number(hint) if hint in (int, float) else _scalar(hint)


@functools.cache
def _fields(cls: type) -> tuple[frozenset[str], list[tuple[str, str, Reader, bool]]]:
    hints, missing = typing.get_type_hints(cls), dataclasses.MISSING
    found = [
        (
            f.name,
            f".{f.name}",
            reader_of(hints[f.name]),
            f.default is missing and f.default_factory is missing,
        )
        for f in dataclasses.fields(cls)
    ]
    return frozenset(name for name, *_ in found), found


def _object(cls: type) -> Reader:
    def read(data: Any, where: Where) -> Any:
        if not isinstance(data, Mapping):
            raise _bad(where, "an object is needed")
        names, fields = _fields(cls)
        if not data.keys() <= names:
            raise _bad(where, f"unknown field {min(map(str, set(data) - names))}")
        values = {}
        for name, part, reader, needed in fields:
            if name in data:
                values[name] = reader(data[name], (where, part))
            elif needed:
                raise _bad(where, f"field {name} is missing")
        return cls(**values)

    return read


def _sequence(hint: Any) -> Reader:
    item, kind = reader_of(get_args(hint)[0]), tuple if get_origin(hint) is tuple else list

    def read(data: Any, where: Where) -> Any:
        if not isinstance(data, list):
            raise _bad(where, "a list is needed")
        return kind([item(value, (where, f"[{index}]")) for index, value in enumerate(data)])

    return read


def _mapping(hint: Any) -> Reader:
    item = reader_of(get_args(hint)[1])

    def read(data: Any, where: Where) -> Any:
        if not isinstance(data, dict):
            raise _bad(where, "an object is needed")
        return {key: item(value, (where, f".{key}")) for key, value in data.items()}

    return read


def _scalar(hint: type) -> Reader:
    def read(data: Any, where: Where) -> Any:
        if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
            raise _bad(where, f"{hint.__name__} is needed")
        return data

    return read


def _number(hint: type) -> Reader:
    scalar = _scalar(hint)

    def read(data: Any, where: Where) -> Any:
        if not isinstance(data, int) or isinstance(data, bool):
            return scalar(data, where)
        if hint is int and abs(data) > LARGEST_INT:
            raise _bad(where, "a whole number within 64 bits is needed")
        try:
            return hint(data)
        except OverflowError:
            raise _bad(where, "a number that a float can hold is needed") from None

    return read


def _optional(hint: Any) -> Reader:
    item = reader_of(next(one for one in get_args(hint) if one is not type(None)))
    may_be_none = type(None) in get_args(hint)
    return lambda data, where: None if data is None and may_be_none else item(data, where)


def _word(hint: type[StrEnum]) -> Reader:
    def read(data: Any, where: Where) -> Any:
        # Only text is looked up: the enum's own error shows the value, and fails itself on a deep one.
        if isinstance(data, str):
            with contextlib.suppress(ValueError):
                return hint(data)
        raise _bad(where, f"one of {', '.join(hint)} is needed")

    return read


_CONTAINERS: dict[Any, Callable[[Any], Reader]] = {
    Union: _optional,
    types.UnionType: _optional,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
}
