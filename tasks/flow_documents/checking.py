"""Whether a document is a flow's, and the same with every field there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits, node_settings, parameters
from tasks.flow_documents.fields import (
    a_list,
    an_object,
    artifact_name,
    kernel,
    matching,
    number,
    one_of,
    sized,
    title,
)
from tasks.flow_documents.graph import MAIN, circle

Document: TypeAlias = dict[str, Any]

DOCUMENT = ("nodes", "connections", "parameters", "default_kernel")
NODE = ("id", "type", "name", "kernel", "settings", "position")
CONNECTION = ("from", "output", "to", "input")
MOST_SHOWN = 10
"""Of a circle's nodes, from its beginning and from its end."""


def validate(document: Any) -> Document:
    """The document with every field there, names in NFC, nodes and connections in their order.

    Raises:
        BadField: ``field`` is the JSON path of what is wrong, as ``nodes[3].id``; what is wrong within a
            node is told with its name and id.
    """
    given = an_object(document, "", DOCUMENT)
    nodes = a_list(given.get("nodes", []), "nodes", limits.MOST_NODES)
    connections = a_list(given.get("connections", []), "connections", limits.MOST_CONNECTIONS)
    sized(given, limits.LARGEST_BYTES)
    declared = parameters.declared(given.get("parameters", {}))
    checked = [_node(node, f"nodes[{n}]", declared) for n, node in enumerate(nodes)]
    ids = _distinct(checked)
    edges = [_connection(one, f"connections[{n}]", ids) for n, one in enumerate(connections)]
    _no_twins(edges)
    _no_circle(checked, edges)
    return {
        "nodes": checked,
        "connections": edges,
        "parameters": declared,
        "default_kernel": kernel(given.get("default_kernel"), "default_kernel"),
    }


def check_runnable(document: Document, nodes: Sequence[str] | None = None) -> None:
    """Whether nodes have all that a run of them needs; ``nodes``: only of these, by their ids.

    Raises:
        BadField: a node has no source, query or target yet.
    """
    wanted = None if nodes is None else frozenset(nodes)
    for n, node in enumerate(document["nodes"]):
        needs = node_settings.NEEDED.get(node["type"])
        if needs is None or (wanted is not None and node["id"] not in wanted):
            continue
        if not node["settings"].get(needs):
            raise BadField(f"{_called(node)} has no {needs} yet", f"nodes[{n}].settings.{needs}")


def _node(node: Any, path: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    given = an_object(node, path, NODE)
    node_id = matching(
        given.get("id"), limits.NODE_ID, f"{path}.id", "1 to 64 letters, digits, '_', '-' and '.'"
    )
    found: dict[str, Any] = {
        "id": node_id,
        "type": one_of(given.get("type", limits.TYPES[0]), f"{path}.type", limits.TYPES),
        "name": title(given.get("name", node_id), f"{path}.name"),
    }
    try:
        found["kernel"] = kernel(given.get("kernel"), f"{path}.kernel")
        settings = given.get("settings", {})
        found["settings"] = node_settings.checked(found["type"], settings, f"{path}.settings", declared)
        if given.get("position") is not None:
            found["position"] = _position(given["position"], f"{path}.position")
    except BadField as error:
        raise BadField(f"{_called(found)}: {error.message}", error.field) from None
    return found


def _position(given: Any, path: str) -> dict[str, float]:
    """Where a node stands on the canvas; nothing but pages reads it."""
    one = an_object(given, path, ("x", "y"))
    far = limits.FARTHEST
    return {axis: number(one.get(axis), f"{path}.{axis}", -far, far) for axis in ("x", "y")}


def _called(node: Mapping[str, Any]) -> str:
    return f"node {node['name']} ({node['id']})"


def _connection(connection: Any, path: str, ids: frozenset[str]) -> dict[str, Any]:
    given = an_object(connection, path, CONNECTION)
    for end in ("from", "to"):
        if not isinstance(given.get(end), str) or given[end] not in ids:
            raise BadField("a connection begins and ends at a node of this flow", f"{path}.{end}")
    name, output = given.get("input"), given.get("output")
    if name is not None:
        matching(name, limits.INPUT, f"{path}.input", "small letters, digits and '_', a letter first")
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
            raise BadField(
                f"the connection from {edge['from']} to {edge['to']} is there already", f"connections[{n}]"
            )
        seen.add(key)


def _no_circle(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> None:
    found = circle(edges)
    if not found:
        return
    named = {node["id"]: node["name"] for node in nodes}
    shown = [f"{named[one]} ({one})" for one in [*found, found[0]]]
    if len(shown) > 2 * MOST_SHOWN:
        shown = [*shown[:MOST_SHOWN], f"… {len(shown) - 2 * MOST_SHOWN} more …", *shown[-MOST_SHOWN:]]
    raise BadField(f"the connections go in a circle: {' → '.join(shown)}", "connections")
