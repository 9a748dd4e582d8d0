"""A run on a terminal: a line for each node that has ended, and one that moves; plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import click

from web.commands.output import seconds

MARKS = {
    **{"succeeded": ("✓", "green"), "cached": ("↺", "green"), "failed": ("✗", "red"), "lost": ("✗", "red")},
    **{"timed_out": ("✗", "red"), "skipped": ("–", "bright_black"), "cancelled": ("–", "yellow")},
}
OPEN = ("pending", "running")
NAMES_SHOWN = 4


class RunScreen:
    """Shows events of one run; what was shown is not shown again. Use it in ``with``.

    ``nodes``: with a line for each node.
    """

    def __init__(self, err: TextIO | None = None, nodes: bool = True) -> None:
        self._err = err or sys.stderr
        self._nodes = nodes
        self._live: Any = None
        self._shown: set[tuple[str, int]] = set()
        self._running: dict[str, str] = {}
        self._counts: Mapping[str, int] = {}
        self.run: dict[str, Any] = {}

    def __enter__(self) -> RunScreen:
        if self._err.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self._err)
            self._live = Live(console=console, refresh_per_second=8, transient=True, get_renderable=self._bar)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, event: Mapping[str, Any]) -> None:
        """Show one event of a run."""
        if event["type"] == "node":
            self._node(event["node"])
        elif event["type"] == "run" and event["run"] is not None:
            self.run = event["run"]
            self._counts = self.run["counts"]

    def _node(self, node: Mapping[str, Any]) -> None:
        if node["state"] == "running":
            self._running[node["node_id"]] = node["name"]
            return
        self._running.pop(node["node_id"], None)
        key = (node["node_id"], node["attempt"])
        if node["state"] in MARKS and key not in self._shown:
            self._shown.add(key)
            if self._nodes:
                self._say(line_of(node))

    def _say(self, text: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(text))
        else:
            click.echo(text, file=self._err)

    def _bar(self) -> Any:
        from rich.text import Text

        total = sum(self._counts.values())
        done = total - sum(self._counts.get(state, 0) for state in OPEN)
        names = list(self._running.values())
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        state = str(self.run.get("state", "queued"))
        doing = f"running {', '.join(names[:NAMES_SHOWN])}{more}" if names else state
        return Text(f"  {done}/{total}  {doing}", style="dim")


def line_of(node: Mapping[str, Any]) -> str:
    """One node that has ended, in a line; with its error's last words below."""
    mark, colour = MARKS[node["state"]]
    parts = [
        f"{click.style(mark, fg=colour)} {node['name']:<28}",
        f"{seconds(node['run_s']):>7}",
        "" if node["rows_out"] is None else f"{node['rows_out']:,} rows",
        f"attempt {node['attempt']}" if node["attempt"] > 1 else "",
        node["reason"] or ("" if node["state"] == "succeeded" else node["state"].replace("_", " ")),
    ]
    error = node["error"]
    told = "" if error is None else f"\n    {error['type']}: {error['message']}"[:2000]
    return "  ".join(part for part in parts if part).rstrip() + click.style(told, fg="red")


def verdict(run: Mapping[str, Any]) -> str:
    """How a run ended, in a line."""
    counted = ", ".join(f"{count} {state}" for state, count in run["counts"].items() if count)
    why = "" if run["error"] is None else f": {run['error']['message']}"
    return f"run {run['id']} {run['state'].replace('_', ' ')}{why}  ({counted})"
