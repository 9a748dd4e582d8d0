"""Whether a document is a flow's, and the same with every field there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from broker_config.wire import names
from broker_config.wire.errors import BadField
from tasks.flow_documents.fields import a_list, an_object, artifact_name, kernel, matching, sized, title
from tasks.flow_documents.graph import MAIN, circle

Document: TypeAlias = dict[str, Any]

MOST_NODES = 1_000
MOST_CONNECTIONS = 10_000
MOST_PARAMETERS = 100
MOST_OUTPUTS = 100
LARGEST_BYTES = 8 * 1024 * 1024
"""A document as JSON."""
TYPES = ("python_script", "input", "sql", "output")
NODE_ID = names.FLOW_ID
INPUT = re.compile(r"[a-z][a-z0-9_]{0,199}", re.ASCII)
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)

_DOCUMENT = ("nodes", "connections", "parameters", "default_kernel")
_NODE = ("id", "type", "name", "kernel", "settings")
_CONNECTION = ("from", "output", "to", "input")


def validate(document: Any) -> Document:
    """The document with every field there, names in NFC, nodes and connections in their order.

    Raises:
        BadField: ``field`` is the JSON path of what is wrong, as ``nodes[3].id``.
    """
    given = an_object(document, "", _DOCUMENT)
    nodes = a_list(given.get("nodes", []), "nodes", MOST_NODES)
    connections = a_list(given.get("connections", []), "connections", MOST_CONNECTIONS)
    sized(given, LARGEST_BYTES)
    checked = [_node(node, f"nodes[{n}]") for n, node in enumerate(nodes)]
    ids = _distinct(checked)
    edges = [_connection(one, f"connections[{n}]", ids) for n, one in enumerate(connections)]
    _no_twins(edges)
    _no_circle(checked, edges)
    return {
        "nodes": checked,
        "connections": edges,
        "parameters": _parameters(given.get("parameters", {})),
        "default_kernel": kernel(given.get("default_kernel"), "default_kernel"),
    }


def _node(node: Any, path: str) -> dict[str, Any]:
    given = an_object(node, path, _NODE)
    node_id = matching(given.get("id"), NODE_ID, f"{path}.id", "1 to 64 letters, digits, '_', '-' and '.'")
    kind = given.get("type", TYPES[0])
    if kind not in TYPES:
        raise BadField(f"a node's type is one of {', '.join(TYPES)}", f"{path}.type")
    settings = given.get("settings", {})
    if not isinstance(settings, dict):
        raise BadField("a node's settings are an object", f"{path}.settings")
    return {
        "id": node_id,
        "type": kind,
        "name": title(given.get("name", node_id), f"{path}.name"),
        "kernel": kernel(given.get("kernel"), f"{path}.kernel"),
        "settings": _with_outputs(settings, f"{path}.settings.outputs"),
    }


def _with_outputs(settings: dict[str, Any], path: str) -> dict[str, Any]:
    if settings.get("outputs") is None:
        return settings
    given = a_list(settings["outputs"], path, MOST_OUTPUTS)
    found = [artifact_name(name, f"{path}[{n}]") for n, name in enumerate(given)]
    if len(set(found)) != len(found):
        raise BadField("an output is declared twice", path)
    return {**settings, "outputs": found}


def _connection(connection: Any, path: str, ids: frozenset[str]) -> dict[str, Any]:
    given = an_object(connection, path, _CONNECTION)
    for end in ("from", "to"):
        if not isinstance(given.get(end), str) or given[end] not in ids:
            raise BadField("a connection begins and ends at a node of this flow", f"{path}.{end}")
    name, output = given.get("input"), given.get("output")
    if name is not None:
        matching(name, INPUT, f"{path}.input", "small letters, digits and '_', a letter first")
    return {
        "from": given["from"],
        "output": MAIN if output is None else artifact_name(output, f"{path}.output"),
        "to": given["to"],
        "input": name,
    }


def _distinct(nodes: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    ids: set[str] = set()
    for n, node in enumerate(nodes):
        if node["id"] in ids:
            raise BadField(f"there is another node of the id {node['id']!r}", f"nodes[{n}].id")
        ids.add(node["id"])
    return frozenset(ids)


def _no_twins(edges: Sequence[Mapping[str, Any]]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for n, edge in enumerate(edges):
        key = (edge["from"], edge["output"], edge["to"], edge["input"])
        if key in seen:
            raise BadField("this connection is there already", f"connections[{n}]")
        seen.add(key)


def _no_circle(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> None:
    found = circle(edges)
    if found:
        named = {node["id"]: node["name"] for node in nodes}
        shown = " → ".join(f"{named[one]} ({one})" for one in [*found, found[0]])
        raise BadField(f"the connections go in a circle: {shown}", "connections")


def _parameters(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadField("parameters are an object: name → value", "parameters")
    if len(given) > MOST_PARAMETERS:
        raise BadField(f"a flow has at most {MOST_PARAMETERS} parameters", "parameters")
    for name in given:
        matching(name, PARAMETER, "parameters", "letters, digits and '_', no digit first")
    return given
