"""A flow as text: JSON or YAML, fields and settings always in the same order, so that versions compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from broker_config.wire.errors import BadField, BadInput
from web.validation.json_text import parse_object
from web.yaml_data import read_plain, read_yaml

FIELDS = ("name", "nodes", "connections", "parameters", "default_kernel")
NODE = ("id", "type", "name", "kernel", "position", "settings")
CONNECTION = ("from", "output", "to", "input")
FIRST = ("kind", "id", "name", "type")
FORMS = ("json", "yaml")
BREAKS = "\x85\u2028\u2029"
"""YAML reads these as ends of lines, unless they are written as escapes."""
LARGEST_BYTES = 10 * 1024 * 1024
"""A flow has 8 MiB; as a file it is laid out for reading."""


def text_of(flow: Mapping[str, Any], form: str) -> str:
    """The file's text; ``form`` is ``json`` or ``yaml``. What belongs to this Husk alone is left out."""
    plain = {
        "name": flow["name"],
        "nodes": [_sorted_node(node) for node in flow["nodes"]],
        "connections": [_ordered(one, CONNECTION) for one in flow["connections"]],
        "parameters": _sorted(flow["parameters"]),
        "default_kernel": flow["default_kernel"],
    }
    if form == "json":
        return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    return str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def read_text(data: bytes, form: str | None = None) -> dict[str, Any]:
    """The document in a file's bytes; ``form`` None: by how they begin.

    Raises:
        BadInput: they are no text, or neither JSON nor YAML that is data alone. What stands in it is for
            ``flow_documents.validate`` to judge.
    """
    if len(data) > LARGEST_BYTES:
        raise BadInput(f"larger than a flow can be ({LARGEST_BYTES} bytes)")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"it cannot be read as text: {error}") from None
    try:
        found = parse_object(data) if _form(text, form) == "json" else read_yaml(text)
    except BadField as error:
        raise BadInput(f"at {error.field}: {error.message}") from None
    if not isinstance(found, dict):
        raise BadInput("it holds no flow: its top is an object with a name and nodes")
    # As an answer of the API has them.
    return {name: value for name, value in found.items() if name in FIELDS or not _is_answers(name)}


def _form(text: str, form: str | None) -> str:
    return form or ("json" if text.lstrip().startswith("{") else "yaml")


def _is_answers(name: Any) -> bool:
    return name in {"id", "version", "owner", "created_at", "updated_at"}


def _ordered(given: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in fields if name in given}


def _sorted_node(given: Mapping[str, Any]) -> dict[str, Any]:
    """A node without the position that it does not have."""
    there = {name: value for name, value in given.items() if name != "position" or value is not None}
    return {name: _sorted(value) for name, value in _ordered(there, NODE).items()}


def _sorted(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: _sorted(given[name]) for name in sorted(given, key=_place)}
    return [_sorted(one) for one in given] if isinstance(given, list) else given


def _place(name: str) -> tuple[int, str]:
    """What says what it is comes first, the rest by the alphabet."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


class _Dumper(yaml.SafeDumper):
    """Code stands in lines of its own."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if any(one in BREAKS for one in text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    # YAML has no block for text whose lines end in blanks.
    block = "\n" in text and not any(line.endswith((" ", "\t")) for line in text.split("\n"))
    quoted = not isinstance(read_plain(text), str)  # what this project reads as a number
    style = "|" if block else "'" if quoted else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
