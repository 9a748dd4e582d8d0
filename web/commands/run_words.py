"""Runs and their nodes in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def length(run: Mapping[str, Any]) -> float | None:
    """Seconds from a run's begin to its end, or to now; None before its begin."""
    if run["started_at"] is None:
        return None
    end = datetime.fromisoformat(run["finished_at"]) if run["finished_at"] else datetime.now(UTC)
    return (end - datetime.fromisoformat(run["started_at"])).total_seconds()


def done(run: Mapping[str, Any]) -> str:
    """How many of a run's nodes have ended."""
    counts = run["counts"]
    total = sum(counts.values())
    return f"{total - counts.get('pending', 0) - counts.get('running', 0)}/{total}"


def parameters(run: Mapping[str, Any]) -> str:
    """A run's parameters."""
    return ", ".join(f"{name}={value}" for name, value in run["parameters"].items())


def said(node: Mapping[str, Any]) -> str:
    """Why a node is as it is."""
    error = node["error"]
    if error is not None:
        return f"{error['type']}: {error['message']}"
    return str(node["reason"] or "")
