"""A node's settings: what every node may say of its runs, and what its type needs."""

from __future__ import annotations

from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits, places
from tasks.flow_documents.cells import cells_of
from tasks.flow_documents.fields import (
    a_list,
    an_object,
    artifact_name,
    distinct,
    flag,
    number,
    sized,
    text,
    whole,
)
from tasks.flow_documents.places import Parameters

OF_ALL = ("outputs", "timeout_s", "retries", "cache", "view")
OF_TYPE: dict[str, tuple[str, ...]] = {
    "python_script": ("cells", "code"),
    "input": ("source", "schema"),
    "sql": ("query",),
    "output": ("target",),
}
NEEDED = {"input": "source", "sql": "query", "output": "target"}
"""Without it a node can be saved, and not run."""
RETRIES = ("max", "delay_s", "backoff", "jitter")


def checked(kind: str, given: Any, path: str, parameters: Parameters) -> dict[str, Any]:
    """Settings of a node of this type, in the long form. Raises ``BadField``.

    Args:
        kind: the node's type, a valid one.
        parameters: the flow's, as declared: a path may be one of them.
    """
    one = {
        name: value
        for name, value in an_object(given, path, (*OF_TYPE[kind], *OF_ALL)).items()
        if value is not None
    }
    return {**_of_all(one, path), **_of_type(kind, one, path, parameters)}


def _of_all(one: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "outputs" in one:
        found["outputs"] = _outputs(one["outputs"], f"{path}.outputs")
    if "timeout_s" in one:
        found["timeout_s"] = _seconds(one["timeout_s"], f"{path}.timeout_s")
    if "retries" in one:
        found["retries"] = _retries(one["retries"], f"{path}.retries")
    if "cache" in one:
        found["cache"] = flag(one["cache"], f"{path}.cache")
    if "view" in one:
        found["view"] = _view(one["view"], f"{path}.view")
    return found


def _of_type(kind: str, one: dict[str, Any], path: str, parameters: Parameters) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kind == "python_script" and (cells := cells_of(one, path)) is not None:
        found["cells"] = cells
    if "source" in one:
        found["source"] = places.source(one["source"], f"{path}.source", parameters)
    if "schema" in one:
        found["schema"] = places.columns(one["schema"], f"{path}.schema")
    if "query" in one:
        found["query"] = text(one["query"], f"{path}.query", limits.LARGEST_BYTES)
    if "target" in one:
        found["target"] = places.target(one["target"], f"{path}.target", parameters)
    return found


def _outputs(given: Any, path: str) -> list[str]:
    found = [
        artifact_name(name, f"{path}[{n}]") for n, name in enumerate(a_list(given, path, limits.MOST_OUTPUTS))
    ]
    distinct(found, path, "an output")
    return found


def _seconds(given: Any, path: str) -> float:
    found = number(given, path, 0, limits.LONGEST_TIMEOUT_S)
    if found == 0:
        raise BadField(f"seconds above 0, at most {limits.LONGEST_TIMEOUT_S:g}, are needed", path)
    return found


def _retries(given: Any, path: str) -> dict[str, Any]:
    one = an_object(given, path, RETRIES)
    return {
        "max": whole(one.get("max"), f"{path}.max", 0, 10),
        "delay_s": number(one.get("delay_s", 0), f"{path}.delay_s", 0, 3600),
        "backoff": number(one.get("backoff", 1), f"{path}.backoff", 1, 10),
        "jitter": number(one.get("jitter", 0), f"{path}.jitter", 0, 1),
    }


def _view(given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadField("what pages keep of a node is an object", path)
    sized(given, limits.LARGEST_BYTES)
    return given
