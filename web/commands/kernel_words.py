"""A kernel in words: one line of a list, and all that there is to say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from web.client_parts.shapes import Kernel
from web.commands.output import ago, seconds, size

COLUMNS = ("id", "state", "since", "memory", "limit", "waiting", "runtime", "")


def line(row: Kernel) -> tuple[Any, ...]:
    """Cells of a table's row, for ``COLUMNS``."""
    own = row["access"] == "owner"
    whose = "" if own else f"{row['owner']}'s {row['id']}: {row['access']}"
    walls = "" if row["isolated"] else "not isolated"
    return (
        # Somebody else's goes by its uid: their word for it may be mine for another.
        row["id"] if own else row["uid"],
        row["state"],
        ago(row["state_since"]),
        _memory(row),
        f"{row['memory_gb']:g} GB",
        row["queue_length"],
        row["runtime"],
        row["error"]
        or row["build_line"]
        or ", ".join(filter(None, (whose, row["note"], _stops(row), walls))),
    )


def whole(row: Kernel) -> list[tuple[str, Any]]:
    """Names and values of all that is not nothing, in their order."""
    pairs = [
        ("id", row["id"]),
        ("uid", row["uid"]),
        ("name", row["name"]),
        ("owner", row["owner"]),
        ("state", row["state"]),
        ("since", ago(row["state_since"])),
        ("error", row["error"]),
        ("note", row["note"] and f"{row['note']} ({ago(row['noted_at'])})"),
        ("memory", f"{_memory(row) or 'none'} of {row['memory_gb']:g} GB"),
        ("CPU cores", f"{row['cpu_cores']:g}"),
        ("runtime", f"{row['runtime']}, {'isolated' if row['isolated'] else 'not isolated'}"),
        ("flavour", row["flavour"]),
        ("packages", ", ".join(row["packages"])),
        ("locked", row["locked_at"] and f"by {row['locked_by']} {ago(row['locked_at'])}"),
        ("builds sources", "yes" if row["allow_sdist"] else None),
        ("building", row["build_line"]),
        ("network", row["network"]),
        ("env", ", ".join(row["env"])),
        ("waiting", row["queue_length"]),
        ("auto-restart", "on" if row["auto_restart"] else "off"),
        ("restarts", f"{row['restarts']} by itself" if row["restarts"] else None),
        ("restarts next", _ahead(row["restart_at"])),
        ("idle timeout", seconds(row["idle_timeout_s"]) or "off"),
        ("stops", _ahead(row["idle_stops_at"])),
    ]
    return [(name, value) for name, value in pairs if value not in {None, ""}]


def _memory(row: Kernel) -> str | None:
    return size(row["memory"]["used_bytes"]) if row["memory"] else None


def _stops(row: Kernel) -> str:
    ahead = _ahead(row["idle_stops_at"])
    return f"stops {ahead} without work" if ahead else ""


def _ahead(moment: str | None) -> str:
    """How far away an ISO moment is."""
    if not moment:
        return ""
    left = (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
    return f"in {seconds(max(left, 0.0))}"
