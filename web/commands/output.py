"""How commands show what they found: a table on a terminal, JSON when asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

as_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")

PIPED_WIDTH = 240
STATE_COLOURS = {
    **dict.fromkeys(("ready", "succeeded", "running", "good"), "green"),
    **dict.fromkeys(
        ("executing", "queued", "starting", "building", "stopping", "warning", "degraded"), "yellow"
    ),
    **dict.fromkeys(("error", "failed", "lost", "timed_out", "unresponsive"), "red"),
}


def show_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table; None is shown as nothing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        cells = ("" if value is None else str(value) for value in row)
        made.add_row(*(Text(cell, style=STATE_COLOURS.get(cell, "")) for cell in cells))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    console.print(made)


def size(count: float | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def seconds(value: float | None) -> str:
    """A length of time for people."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s"
    minutes = int(value // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(moment: str | None) -> str:
    """How long ago an ISO moment was."""
    if not moment:
        return ""
    return f"{seconds((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())} ago"
