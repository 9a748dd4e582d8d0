"""What ``husk doctor`` says of the limits of containers: how the lifecycle worker's self-test ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tasks.runtimes.self_test import telling
from tasks.runtimes.self_test.verdicts import Verdict as Limit
from web.stack.finding import START, Finding, Verdict

NAME = "limits"
Facts = dict[str, Any]


def absent(facts: Facts) -> list[str]:
    """Limits that are not enforced where new kernels are containers; ``facts`` of ``web.facts``."""
    test = facts.get("self_test")
    return telling.of(test, Limit.ABSENT) if test else []


def check_limits(facts: Facts) -> list[Finding]:
    """A finding for each limit that does not hold, and one for those that do; none for process kernels."""
    test = facts.get("self_test")
    if not test:
        return []
    if test["state"] != "done":
        return [_not_done(test)]
    rows = test["limits"]
    held = [name for name, row in rows.items() if row["verdict"] == Limit.ENFORCED]
    bad = [
        Finding(f"limit: {name}", Verdict.WARNING, f"{row['verdict']}: {row['what']}", row["mend"])
        for name, row in rows.items()
        if name not in held
    ]
    when = datetime.fromtimestamp(test["at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    found = f"tried {when}, {len(held)} of {len(rows)} hold: {', '.join(held) or 'none'}"
    return [Finding(NAME, Verdict.GOOD if held else Verdict.WARNING, found), *bad, *_runc(facts)]


def _not_done(test: Facts) -> Finding:
    why = f": {test['trouble']}" if test["trouble"] else ""
    mend = "it runs within a minute of the lifecycle worker's start; " + START
    return Finding(NAME, Verdict.WARNING, f"not tried yet on this host{why}", mend)


def _runc(facts: Facts) -> list[Finding]:
    layer = facts["layers"].get("runc")
    if layer is None or layer["there"]:
        return []
    what, _, mend = str(layer["what"]).rpartition(": ")
    return [Finding("runc", Verdict.WARNING, what, mend)]
