"""The JSON Schema of a flow: what ``validate`` refuses, as far as a schema can say it.

It says the forms and the bounds. It does not say what takes more than one place to see: circles, ids and
names that stand twice, connections of nodes that are not there, rows of another length than their columns,
paths with ``..``. A flow's files have a ``name`` beside the document.

``python -m tasks.flow_documents.schema`` writes it.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from broker_config.wire import names
from tasks.flow_documents import limits
from tasks.flow_documents.node_settings import OF_ALL

ID = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

TITLE: Schema = {"type": "string", "minLength": 1, "maxLength": limits.LONGEST_NAME}
ANY_TEXT: Schema = {"type": "string", "maxLength": limits.LONGEST_TEXT}
ANYTHING: Schema = {}


def _pattern(pattern: re.Pattern[str]) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern.pattern})$"}


def _object(needed: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(needed)} if needed else found


def _list(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _words(*words: str) -> Schema:
    return {"enum": list(words)}


def _number(least: float, most: float) -> Schema:
    return {"type": "number", "minimum": least, "maximum": most}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


NODE_ID = _pattern(limits.NODE_ID)
KERNEL = _or_null(_pattern(names.KERNEL_ID))
PATH: Schema = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": names.LONGEST_SHARED_NAME_BYTES},
        _object(("parameter",), parameter=_pattern(limits.PARAMETER)),
    ]
}
FILE = _object(("kind", "path"), kind=_words("file"), path=PATH, format=_words(*limits.FORMATS))
VALUE: Schema = {"type": ["string", "number", "boolean", "null"]}
SOURCE: Schema = {
    "oneOf": [
        FILE,
        _object(
            ("kind", "name"),
            kind=_words("catalog"),
            name=TITLE,
            namespace=_or_null(TITLE),
            version=_or_null(_whole(1, limits.WIDEST_WHOLE)),
        ),
        _object(
            ("kind",),
            kind=_words("table"),
            columns=_list(
                _object(
                    ("name", "type"),
                    name={"type": "string", "maxLength": limits.LONGEST_NAME},
                    type=_words(*limits.INLINE_TYPES),
                ),
                limits.MOST_COLUMNS,
            ),
            rows=_list(_list(VALUE, limits.MOST_COLUMNS), limits.MOST_ROWS),
        ),
    ]
}
TARGET: Schema = {
    "oneOf": [
        FILE,
        _object(
            ("kind", "name"),
            kind=_words("catalog"),
            name=TITLE,
            namespace=_or_null(TITLE),
            description=_or_null(ANY_TEXT),
            tags=_or_null(_list(TITLE, limits.MOST_TAGS)),
        ),
    ]
}
COLUMNS: Schema = {
    "type": "object",
    "propertyNames": {"maxLength": limits.LONGEST_NAME},
    "additionalProperties": _words(*limits.COLUMN_TYPES),
    "maxProperties": limits.MOST_COLUMNS,
}
CODE: Schema = {"type": "string"}
CELLS = _list({"anyOf": [CODE, _object(("code",), id=_or_null(NODE_ID), code=CODE)]}, limits.MOST_CELLS)
OF_EVERY_NODE: dict[str, Schema] = {
    "outputs": _or_null({**_list(TITLE, limits.MOST_OUTPUTS), "uniqueItems": True}),
    "timeout_s": _or_null(
        {"type": "number", "exclusiveMinimum": 0, "maximum": limits.LONGEST_TIMEOUT_S},
    ),
    "retries": _or_null(
        _object(
            ("max",),
            max=_whole(0, 10),
            delay_s=_number(0, 3600),
            backoff=_number(1, 10),
            jitter=_number(0, 1),
        )
    ),
    "cache": _or_null({"type": "boolean"}),
    "view": _or_null({"type": "object"}),
}
OF_TYPE: dict[str, dict[str, Schema]] = {
    "python_script": {"cells": _or_null(CELLS), "code": _or_null(CODE)},
    "input": {"source": _or_null(SOURCE), "schema": _or_null(COLUMNS)},
    "sql": {"query": _or_null(CODE)},
    "output": {"target": _or_null(TARGET)},
}


_PLACE = _number(-limits.FARTHEST, limits.FARTHEST)
POSITION = _object(("x", "y"), x=_PLACE, y=_PLACE)


def _node(kind: str) -> Schema:
    settings = _object(**OF_TYPE[kind], **{name: OF_EVERY_NODE[name] for name in OF_ALL})
    if kind == "python_script":
        settings["not"] = {
            "properties": {"cells": {"type": "array"}, "code": {"type": "string"}},
            "required": ["cells", "code"],
        }
    # A node that says no type is a Python Script.
    needed = ("id",) if kind == limits.TYPES[0] else ("id", "type")
    return _object(
        needed,
        id=NODE_ID,
        type=_words(kind),
        name=TITLE,
        kernel=KERNEL,
        settings=settings,
        position=_or_null(POSITION),
    )


def _parameter(kind: str, default: Schema) -> Schema:
    return _object(("type",), type=_words(kind), default=default, description=_or_null(ANY_TEXT))


WHOLE = _whole(-limits.WIDEST_WHOLE, limits.WIDEST_WHOLE)
PARAMETER_TEXT: Schema = {"type": "string", "maxLength": limits.LONGEST_PARAMETER}
DATE: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
PARAMETERS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": f"^(?:{limits.PARAMETER.pattern})$"},
    "maxProperties": limits.MOST_PARAMETERS,
    "additionalProperties": {
        "anyOf": [
            _parameter("string", PARAMETER_TEXT),
            _parameter("integer", WHOLE),
            _parameter("number", {"type": "number"}),
            _parameter("boolean", {"type": "boolean"}),
            _parameter("date", DATE),
            *(PARAMETER_TEXT, WHOLE, {"type": "number", "not": {"type": "integer"}}, {"type": "boolean"}),
        ]
    },
}
SCHEMA: Schema = {
    "$schema": ID,
    "title": "A flow",
    **_object(
        ("nodes",),
        name=TITLE,
        nodes=_list({"oneOf": [_node(kind) for kind in limits.TYPES]}, limits.MOST_NODES),
        connections=_list(
            _object(
                ("from", "to"),
                **{"from": NODE_ID, "to": NODE_ID},
                output=_or_null(TITLE),
                input=_or_null(_pattern(limits.INPUT)),
            ),
            limits.MOST_CONNECTIONS,
        ),
        parameters=PARAMETERS,
        default_kernel=KERNEL,
    ),
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(SCHEMA, indent=1) + "\n")
