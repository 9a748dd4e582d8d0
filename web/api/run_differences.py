"""What differs between two runs, computed from their records. Pure: nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]

RUN_FACTS = ("flow_id", "flow_version", "state", "trigger", "error")
NODE_FACTS = ("state", "attempt", "kernel_id", "lock_digest", "cached_from", "rows_in", "rows_out")
ALIKE = 0.2
"""Times and sizes that differ by a smaller share, or by less than these, are alike."""
LEAST = {"queued_s": 1.0, "run_s": 0.25, "memory_peak_bytes": 32 * 1024 * 1024}
TOOK_S = 0.5
NO_SETTINGS = frozenset({"cells", "code", "query", "view"})
"""Code is told by itself; where a node is drawn is no difference."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs.

    ``run``: as ``RunShape``. ``nodes``: of its flow's version, by id; ``inputs``: what each reads, by name.
    ``outputs`` and ``artifacts``: what each node made, by name, with the ``sha256`` of its content.
    """

    run: Data
    took_s: float | None
    nodes: Mapping[str, Data]
    inputs: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, Mapping[str, Data]]
    artifacts: Mapping[str, Mapping[str, Data]]


def compare(left: Side, right: Side) -> dict[str, Any]:
    """A ``ComparisonShape`` without its two runs."""
    order = list(left.nodes) + [one for one in right.nodes if one not in left.nodes]
    rows = [{row["node_id"]: row for row in side.run["nodes"]} for side in (left, right)]
    nodes = [_node(one, left, right, rows[0].get(one), rows[1].get(one)) for one in order]
    differing = [one for one in nodes if one is not None]
    took = _measured("took_s", left.took_s, right.took_s, TOOK_S)
    facts = [{**side.run, "error": _error(side.run["error"])} for side in (left, right)]
    return {
        "facts": _named(facts[0], facts[1], RUN_FACTS) + took,
        "parameters": _all(left.run["parameters"], right.run["parameters"]),
        "options": _all(left.run["options"], right.run["options"]),
        "nodes": differing,
        "alike": len(order) - len(differing),
    }


def _node(node_id: str, left: Side, right: Side, *rows: Data | None) -> dict[str, Any] | None:
    """A ``NodeDifference``; None where there is none."""
    mine, other = left.nodes.get(node_id), right.nodes.get(node_id)
    shown = other or mine or {}
    found = {
        "code": _code(mine, other),
        "settings": _all(_settings(mine), _settings(other)),
        "inputs": _all(left.inputs.get(node_id, {}), right.inputs.get(node_id, {})),
        "facts": _facts(*rows),
        "outputs": _things(left.outputs.get(node_id, {}), right.outputs.get(node_id, {})),
        "artifacts": _things(left.artifacts.get(node_id, {}), right.artifacts.get(node_id, {})),
    }
    only = "left" if other is None else "right" if mine is None else None
    if only is None and not any(found.values()):
        return None
    return {"node_id": node_id, "name": shown["name"], "type": shown["type"], "only": only, **found}


def _facts(left: Data | None, right: Data | None) -> list[dict[str, Any]]:
    mine, other = dict(left or {}), dict(right or {})
    for row in (mine, other):
        row["cached_from"] = (row.get("cached_from") or {}).get("run_id")
        row["error"] = _error(row.get("error"))
    measured = [_measured(name, mine.get(name), other.get(name), least) for name, least in LEAST.items()]
    return _named(mine, other, (*NODE_FACTS, "error")) + [one for some in measured for one in some]


def _error(error: Data | None) -> str | None:
    return None if error is None else f"{error['type']}: {error['message']}"


def _measured(name: str, left: float | None, right: float | None, least: float) -> list[dict[str, Any]]:
    if left is not None and right is not None:
        apart = abs(left - right)
        if apart <= least or apart <= ALIKE * max(left, right):
            return []
    return [] if left is right is None else [_one(name, left, right)]


def _code(left: Data | None, right: Data | None) -> dict[str, Any] | None:
    mine, other = _code_of(left), _code_of(right)
    return None if mine == other else {"left": mine, "right": other}


def _code_of(node: Data | None) -> str | None:
    """What a person wrote as a node's code."""
    settings: Data = {} if node is None else node["settings"]
    if settings.get("query") is not None:
        return str(settings["query"])
    cells: Sequence[Data] = settings.get("cells") or ()
    if len(cells) == 1:
        return str(cells[0]["code"])
    return "\n\n".join(f"# %% {cell['id']}\n{cell['code']}" for cell in cells) or None


def _settings(node: Data | None) -> dict[str, Any]:
    if node is None:
        return {}
    settings = {name: value for name, value in node["settings"].items() if name not in NO_SETTINGS}
    return {"name": node["name"], "type": node["type"], **settings}


def _things(left: Mapping[str, Data], right: Mapping[str, Data]) -> list[dict[str, Any]]:
    names = sorted(left.keys() | right.keys())
    sums = [[side.get(name, {}).get("sha256") for name in names] for side in (left, right)]
    apart = [name for name, *both in zip(names, *sums, strict=True) if both[0] != both[1]]
    return [_one(name, left.get(name), right.get(name)) for name in apart]


def _named(left: Data, right: Data, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        _one(name, left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)
    ]


def _all(left: Data, right: Data) -> list[dict[str, Any]]:
    return _named(left, right, list(dict.fromkeys((*left, *right))))


def _one(name: str, left: Any, right: Any) -> dict[str, Any]:
    return {"name": name, "left": left, "right": right}
