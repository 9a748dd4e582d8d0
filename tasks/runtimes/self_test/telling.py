"""What the self-test found, as facts of the runtime and as sentences. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.runtimes.self_test.verdicts import Limit, Told, Verdict

Facts = dict[str, Any]
NOT_RUN: Facts = {"state": "not run", "trouble": None, "limits": {}, "layers": {}}
"""Of a process that does not run it: the lifecycle worker alone does."""


def done(limits: list[Limit], told: dict[str, Told], at: float, took_s: float) -> Facts:
    """A finished test. ``at``: seconds since 1970, UTC."""
    rows = {one.name: {"verdict": one.verdict, "what": one.what, "mend": one.mend} for one in limits}
    layers = layers_seen(told.get("rights") or {})
    return {
        "state": "done",
        "trouble": None,
        "at": round(at, 3),
        "took_s": round(took_s, 2),
        "limits": rows,
        "layers": layers,
    }


def layers_seen(rights: Told) -> dict[str, Facts]:
    """Layers as a container here sees them, where the engine's word is only what it means to do."""
    seen: dict[str, Facts] = {}
    if rights.get("cgroup"):
        seen["cgroups"] = _layer(True, f"version {rights['cgroup']}")
    profile = rights.get("apparmor")
    if profile and profile != "unconfined":
        seen["apparmor"] = _layer(True, str(profile)[:80])
    elif "apparmor" in rights:
        seen["apparmor"] = _layer(False, "not on this host, or not for containers")
    if len(rights.get("uid_map") or []) == 3:
        outside = rights["uid_map"][1]
        words = f"the container's root is uid {outside} outside"
        seen["user namespaces"] = _layer(outside != "0", words)
    return seen


def proved(layers: Mapping[str, Facts], test: Facts) -> dict[str, Facts]:
    """The engine's layers, where it was tried replaced by what was seen."""
    merged = {**layers, **test["layers"]}
    for name, row in test["limits"].items():
        if row["verdict"] != Verdict.UNTRIED:
            merged[name] = _layer(row["verdict"] == Verdict.ENFORCED, _what(row))
        elif name not in merged:
            merged[name] = _layer(False, f"could not be tried: {row['what']}")
    return merged


def of(test: Facts, verdict: Verdict) -> list[str]:
    """Names of the limits that ended so."""
    return [name for name, row in test["limits"].items() if row["verdict"] == verdict]


def banner(test: Facts) -> str | None:
    """A sentence for the top of every page; None where every limit holds or nothing is known."""
    absent = of(test, Verdict.ABSENT)
    if not absent:
        return None
    return f"This host does not enforce what kernels are given ({', '.join(absent)}): see `husk doctor`"


def _layer(there: bool, what: str) -> Facts:
    return {"there": there, "what": what}


def _what(row: Facts) -> str:
    if row["verdict"] == Verdict.ENFORCED:
        return f"tried, and holds: {row['what']}"
    return f"NOT enforced: {row['what']}: {row['mend']}"
