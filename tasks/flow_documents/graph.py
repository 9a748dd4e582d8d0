"""What follows from a valid document: who reads what, who is upstream of whom, where it goes in a circle."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAIN = "main"
UNFIT = re.compile(r"[^a-z0-9_]+", re.ASCII)
LONGEST_INPUT = 200


@dataclass(frozen=True, slots=True)
class Input:
    """One connection as its reading node sees it: ``name`` of the input, and where the table comes from."""

    name: str
    node_id: str
    node_name: str
    output: str


def node_of(document: Mapping[str, Any], node_id: str) -> Mapping[str, Any] | None:
    """The node of an id."""
    return next((node for node in document["nodes"] if node["id"] == node_id), None)


def declared_by(node: Mapping[str, Any]) -> list[str]:
    """Outputs that a node has to publish; none: any name may be published."""
    return list(node["settings"].get("outputs") or [])


def inputs_of(document: Mapping[str, Any], node_id: str) -> list[Input]:
    """What a node reads, in the order of its connections."""
    named = {node["id"]: node["name"] for node in document["nodes"]}
    return [
        Input(edge["input"] or fitted(named[edge["from"]]), edge["from"], named[edge["from"]], edge["output"])
        for edge in document["connections"]
        if edge["to"] == node_id
    ]


def upstream_of(document: Mapping[str, Any], node_id: str) -> frozenset[str]:
    """Ids of all nodes from which connections lead to this one, over however many others."""
    before = _before(document["connections"])
    found: set[str] = set()
    waiting = [node_id]
    while waiting:
        new = before.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def fitted(name: str) -> str:
    """A node's name as the name of an input: ``[a-z][a-z0-9_]*``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    fit = UNFIT.sub("_", plain.strip().lower()).strip("_")
    if not fit:
        return "node"
    return (fit if fit[0].isalpha() else f"node_{fit}")[:LONGEST_INPUT]


def circle(edges: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids along one circle of connections, in their direction; empty where there is none."""
    before = _before(edges)
    waiting = {node: len(sources) for node, sources in before.items()}
    free = [edge["from"] for edge in edges if edge["from"] not in before]
    after = _after(edges)
    while free:
        for target in after.pop(free.pop(), ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                free.append(target)
    # What is left has at least one source that is left too: going back must meet itself.
    left = {node for node, count in waiting.items() if count > 0}
    place: dict[str, int] = {}
    node = min(left, default=None)
    while node is not None and node not in place:
        place[node] = len(place)
        node = min(before[node] & left)
    return [] if node is None else list(reversed(list(place)[place[node] :]))


def _before(edges: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge["to"], set()).add(edge["from"])
    return found


def _after(edges: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge["from"], set()).add(edge["to"])
    return found
