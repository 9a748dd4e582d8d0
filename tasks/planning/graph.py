"""The graph of one version of a flow, made once: nodes by number, sources before what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a node is tried again, after ``delay_s × backoff ** (attempt - 1)``, ± ``jitter`` of it."""

    most: int = 0
    delay_s: float = 0.0
    backoff: float = 1.0
    jitter: float = 0.0


NONE = Retries()


class Graph:
    """Nodes in an order in which sources come first. It has no circle: ``flow_documents`` refused that.

    ``sources[n]``: numbers of the nodes that node ``n`` reads, each once. ``height[n]``: how many nodes
    the longest way from ``n`` to an end has, itself counted.
    """

    __slots__ = ("height", "ids", "numbers", "retries", "sources")

    def __init__(
        self,
        nodes: Iterable[str],
        edges: Iterable[tuple[str, str]],
        retries: Mapping[str, Retries] | None = None,
    ) -> None:
        given = list(nodes)
        place = {node: n for n, node in enumerate(given)}
        before: list[set[int]] = [set() for _ in given]
        for source, target in edges:
            before[place[target]].add(place[source])
        order = _sorted(before)
        number = {old: new for new, old in enumerate(order)}
        self.ids: tuple[str, ...] = tuple(given[old] for old in order)
        self.numbers: dict[str, int] = {node: n for n, node in enumerate(self.ids)}
        self.sources: tuple[tuple[int, ...], ...] = tuple(
            tuple(sorted(number[one] for one in before[old])) for old in order
        )
        self.height: tuple[int, ...] = tuple(_heights(self.sources))
        self.retries: tuple[Retries, ...] = tuple((retries or {}).get(node, NONE) for node in self.ids)

    def needed_for(self, targets: Iterable[str]) -> frozenset[str]:
        """These nodes and all upstream of them."""
        wanted = bytearray(len(self.ids))
        for node in targets:
            wanted[self.numbers[node]] = 1
        for n in range(len(self.ids) - 1, -1, -1):
            if wanted[n]:
                for source in self.sources[n]:
                    wanted[source] = 1
        return frozenset(node for n, node in enumerate(self.ids) if wanted[n])

    def upstream(self, node: str) -> frozenset[str]:
        """All nodes from which connections lead to this one, over however many others."""
        found: set[int] = set()
        waiting = list(self.sources[self.numbers[node]])
        while waiting:
            n = waiting.pop()
            if n not in found:
                found.add(n)
                waiting.extend(self.sources[n])
        return frozenset(self.ids[n] for n in found)


def _sorted(before: Sequence[set[int]]) -> list[int]:
    """Numbers with sources first; as they were given where nothing else says so."""
    missing = [len(sources) for sources in before]
    after: list[list[int]] = [[] for _ in before]
    for target, sources in enumerate(before):
        for source in sources:
            after[source].append(target)
    order = [n for n, count in enumerate(missing) if count == 0]
    for n in order:  # it grows while it is walked
        for target in after[n]:
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    if len(order) < len(before):
        raise ValueError("the connections go in a circle")
    return order


def _heights(sources: Sequence[Sequence[int]]) -> list[int]:
    height = [1] * len(sources)
    for n in range(len(sources) - 1, -1, -1):
        above = height[n] + 1
        for source in sources[n]:
            height[source] = max(height[source], above)
    return height
