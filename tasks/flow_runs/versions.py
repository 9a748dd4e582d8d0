"""Versions of flows as runs need them: read and thought through once per process, since they never change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from broker_config.wire.errors import NotFound
from tasks.flow_documents import Input, current, fitted
from tasks.flow_documents.node_code import code_of
from tasks.ledger import runs
from tasks.ledger.session import Session
from tasks.planning import Graph, Retries

MOST_KEPT_BYTES = 64 * 1024 * 1024
NODE_BYTES = 2_000


class Version:
    """One version of one flow; what follows from its document is made when it is asked for first."""

    def __init__(self, flow_id: str, number: int, document: Mapping[str, Any]) -> None:
        self.flow_id = flow_id
        self.number = number
        self.document = current(document)
        self.nodes: dict[str, Mapping[str, Any]] = {node["id"]: node for node in self.document["nodes"]}
        self._codes: dict[str, str] = {}

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return NODE_BYTES * (1 + len(self.nodes) + len(self.document["connections"]))

    @cached_property
    def graph(self) -> Graph:
        """Its nodes in order, with their retries."""
        edges = [(edge["from"], edge["to"]) for edge in self.document["connections"]]
        return Graph(self.nodes, edges, {one: _retries(node) for one, node in self.nodes.items()})

    @cached_property
    def _inputs(self) -> dict[str, list[Input]]:
        found: dict[str, list[Input]] = {}
        for edge in self.document["connections"]:
            source = self.nodes[edge["from"]]["name"]
            one = Input(edge["input"] or fitted(source), edge["from"], source, edge["output"])
            found.setdefault(edge["to"], []).append(one)
        return found

    def inputs(self, node_id: str) -> Sequence[Input]:
        """What a node reads, in the order of its connections."""
        return self._inputs.get(node_id, ())

    def code(self, node_id: str) -> str:
        """What a node runs.

        Raises:
            BadField: it lacks what it needs for that.
        """
        found = self._codes.get(node_id)
        if found is None:
            found = self._codes[node_id] = code_of(self.nodes[node_id], self.inputs(node_id))
        return found


class Versions:
    """The versions used last. Safe for threads."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[tuple[str, int], Version] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, s: Session, flow_id: str, number: int) -> Version:
        """The version of a number.

        Raises:
            NotFound: there is none.
        """
        key = (flow_id, number)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        document = runs.document(s, flow_id, number)
        if document is None:
            raise NotFound(f"this flow has no version {number}")
        return self._keep(key, Version(flow_id, number, document))

    def _keep(self, key: tuple[str, int], made: Version) -> Version:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += made.size
            while self._size > self._most and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._size -= gone.size
            return self._kept.get(key, made)


def _retries(node: Mapping[str, Any]) -> Retries:
    given = node["settings"].get("retries")
    if not isinstance(given, Mapping):
        return Retries()
    return Retries(
        int(given.get("max", 0)),
        float(given.get("delay_s", 0.0)),
        float(given.get("backoff", 1.0)),
        float(given.get("jitter", 0.0)),
    )


# One per process: a version never changes, so a stale one cannot be. Flows' ids are of one ledger.
VERSIONS = Versions()
