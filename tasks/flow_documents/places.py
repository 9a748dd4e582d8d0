"""Where an input node reads and an output node writes: shared files, the catalog, a table in the document."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits
from tasks.flow_documents.fields import (
    a_list,
    an_object,
    artifact_name,
    distinct,
    flag,
    number,
    one_of,
    shared_name,
    text,
    whole,
)

DEFAULT_NAMESPACE = "default"
_FILE = ("kind", "path", "format")
Parameters = Mapping[str, Any]


def source(given: Any, path: str, parameters: Parameters) -> dict[str, Any]:
    """What an input node reads. Raises ``BadField``."""
    kind = _kind(given, path, ("file", "catalog", "table"))
    if kind == "file":
        return _file(given, path, parameters)
    if kind == "table":
        return _table(an_object(given, path, ("kind", "columns", "rows")), path)
    one = an_object(given, path, ("kind", "name", "namespace", "version"))
    found = _catalog(one, path)
    if one.get("version") is not None:
        found["version"] = whole(one["version"], f"{path}.version", 1, limits.WIDEST_WHOLE)
    return found


def target(given: Any, path: str, parameters: Parameters) -> dict[str, Any]:
    """Where an output node writes. Raises ``BadField``."""
    if _kind(given, path, ("file", "catalog")) == "file":
        return _file(given, path, parameters)
    one = an_object(given, path, ("kind", "name", "namespace", "description", "tags"))
    found = _catalog(one, path)
    if one.get("description") is not None:
        found["description"] = text(one["description"], f"{path}.description", limits.LONGEST_TEXT)
    if one.get("tags") is not None:
        tags = a_list(one["tags"], f"{path}.tags", limits.MOST_TAGS)
        found["tags"] = [artifact_name(tag, f"{path}.tags[{n}]") for n, tag in enumerate(tags)]
    return found


def columns(given: Any, path: str) -> dict[str, str]:
    """A schema: column → its type in Polars' words. Raises ``BadField``."""
    if not isinstance(given, dict) or len(given) > limits.MOST_COLUMNS:
        raise BadField(f"an object of at most {limits.MOST_COLUMNS} columns and their types is needed", path)
    return {
        text(name, path, limits.LONGEST_NAME): one_of(kind, f"{path}.{name}"[:200], limits.COLUMN_TYPES)
        for name, kind in given.items()
    }


def _kind(given: Any, path: str, kinds: tuple[str, ...]) -> str:
    if not isinstance(given, dict):
        raise BadField("an object with its kind is needed", path)
    return one_of(given.get("kind"), f"{path}.kind", kinds)


def _file(given: Any, path: str, parameters: Parameters) -> dict[str, Any]:
    one = an_object(given, path, _FILE)
    return {
        "kind": "file",
        "path": _path(one.get("path"), f"{path}.path", parameters),
        "format": one_of(one.get("format", limits.FORMATS[0]), f"{path}.format", limits.FORMATS),
    }


def _path(given: Any, path: str, parameters: Parameters) -> Any:
    if not isinstance(given, dict):
        return shared_name(given, path)
    name = an_object(given, path, ("parameter",)).get("parameter")
    if not isinstance(name, str) or name not in parameters:
        raise BadField("this flow has no such parameter", f"{path}.parameter")
    if parameters[name]["type"] != "string":
        raise BadField("a path is a parameter of type string", f"{path}.parameter")
    return {"parameter": name}


def _catalog(one: Mapping[str, Any], path: str) -> dict[str, Any]:
    namespace = one.get("namespace")
    return {
        "kind": "catalog",
        "name": artifact_name(one.get("name"), f"{path}.name"),
        "namespace": artifact_name(
            DEFAULT_NAMESPACE if namespace is None else namespace, f"{path}.namespace"
        ),
    }


def _table(one: Mapping[str, Any], path: str) -> dict[str, Any]:
    given = a_list(one.get("columns", []), f"{path}.columns", limits.MOST_COLUMNS)
    heads = [_column(column, f"{path}.columns[{n}]") for n, column in enumerate(given)]
    distinct([head["name"] for head in heads], f"{path}.columns", "a column's name")
    rows = a_list(one.get("rows", []), f"{path}.rows", limits.MOST_ROWS)
    for n, row in enumerate(rows):
        _row(row, heads, f"{path}.rows[{n}]")
    return {"kind": "table", "columns": heads, "rows": rows}


def _column(given: Any, path: str) -> dict[str, str]:
    one = an_object(given, path, ("name", "type"))
    return {
        "name": text(one.get("name"), f"{path}.name", limits.LONGEST_NAME),
        "type": one_of(one.get("type"), f"{path}.type", limits.INLINE_TYPES),
    }


def _row(given: Any, heads: list[dict[str, str]], path: str) -> None:
    if not isinstance(given, list) or len(given) != len(heads):
        raise BadField(f"a list of {len(heads)} values is needed, one a column", path)
    for n, (value, head) in enumerate(zip(given, heads, strict=True)):
        if value is not None:
            _check_value(value, head["type"], f"{path}[{n}]")


def _check_value(value: Any, kind: str, path: str) -> None:
    if kind == "Boolean":
        flag(value, path)
    elif kind == "String":
        text(value, path, limits.LARGEST_BYTES)
    elif kind in _TIMES:
        _time(value, kind, path)
    elif kind.startswith("Float"):
        number(value, path, -1.8e308, 1.8e308)
    else:
        bits, signed = int(kind.lstrip("UInt")), kind.startswith("Int")
        whole(value, path, -(2 ** (bits - 1)) if signed else 0, 2 ** (bits - signed) - 1)


_TIMES: dict[str, Callable[[str], Any]] = {
    "Date": datetime.date.fromisoformat,
    "Datetime": datetime.datetime.fromisoformat,
    "Time": datetime.time.fromisoformat,
}


def _time(value: Any, kind: str, path: str) -> None:
    try:
        _TIMES[kind](value)
    except (ValueError, TypeError):
        raise BadField(f"a {kind} as ISO 8601 text is needed", path) from None
