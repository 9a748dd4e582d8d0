"""A cell's events on a terminal: text as it comes, a bar that moves, tables and pictures in words."""

from __future__ import annotations

import sys
from typing import Any, TextIO

import click

SUCCEEDED = "succeeded"
BAR_WIDTH = 30
TABLE_MIME = "application/vnd.husk.table+json"


class Screen:
    """Shows the events of one execution after the other. ``quiet``: only counts them."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, quiet: bool = False) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._quiet = quiet
        self._bar_open = False
        self.displays = 0
        self.steps = 0

    def show(self, event: dict[str, Any]) -> None:
        """Show one event; unknown types are left out."""
        shower = getattr(self, f"_show_{event['type']}", None)
        if shower is not None:
            shower(event)

    def _show_stream(self, event: dict[str, Any]) -> None:
        if event.get("skipped_bytes"):
            self._say(f"[{event['skipped_bytes']:,} bytes left out]")
        self._write(self._err if event["name"] == "stderr" else self._out, event["text"])

    def _show_display(self, event: dict[str, Any]) -> None:
        self.displays += 1
        if event.get("title"):
            self._write(self._out, click.style(event["title"], bold=True) + "\n")
        self._write(self._out, in_words(event["data"]) + "\n")

    _show_update_display = _show_display

    def _show_log(self, event: dict[str, Any]) -> None:
        self._say(f"{event['level']} {event['message']}")

    def _show_progress(self, event: dict[str, Any]) -> None:
        self.steps += 1
        if self._err.isatty():
            self._write(self._err, f"\r{bar(event['label'], event['done'], event['total'])}", keeps_bar=True)
            self._bar_open = True
        elif event["total"] is not None and event["done"] >= event["total"]:
            self._say(bar(event["label"], event["done"], event["total"]))

    def _show_output(self, event: dict[str, Any]) -> None:
        rows = "" if event.get("rows") is None else f"{event['rows']:,} rows, "
        self._say(f"output {event['name']}: {rows}{event['size']:,} bytes")

    def _show_artifact(self, event: dict[str, Any]) -> None:
        about = f": {event['type_name']}, {event['size']:,} bytes" if event["action"] == "published" else ""
        self._say(f"artifact {event['name']} {event['action']}{about}")

    def _show_finished(self, event: dict[str, Any]) -> None:
        self._close_bar()
        result = event["result"]
        error = result.get("error")
        if error is not None:
            lines = error["traceback"] or [f"{error['type']}: {error['message']}"]
            self._write(self._err, "\n".join(lines).rstrip("\n") + "\n")
        elif result["status"] != SUCCEEDED:
            self._say(f"the cell was {result['status'].replace('_', ' ')}")

    def _say(self, text: str) -> None:
        self._write(self._err, click.style(text, dim=True) + "\n")

    def _write(self, stream: TextIO, text: str, keeps_bar: bool = False) -> None:
        if self._quiet:
            return
        if not keeps_bar:
            self._close_bar()
        click.echo(text, file=stream, nl=False)

    def _close_bar(self) -> None:
        if self._bar_open:
            self._bar_open = False
            click.echo("", file=self._err)


def bar(label: str, done: float, total: float | None) -> str:
    """A progress bar of one line."""
    name = f"{label} " if label else ""
    if not total:
        return f"{name}{done:g}"
    full = min(BAR_WIDTH, int(BAR_WIDTH * done / total))
    return f"{name}{'█' * full}{'░' * (BAR_WIDTH - full)} {done:g}/{total:g}"


def in_words(data: dict[str, Any]) -> str:
    """A mime bundle as text: its plain text, else what it holds and how large that is."""
    plain = data.get("text/plain")
    pictures = [mime for mime in data if mime.startswith("image/")]
    if isinstance(plain, str) and not pictures:
        return plain
    if pictures:
        return f"[{pictures[0]}, {_size(data[pictures[0]])}]"
    return "\n".join(f"[{mime}, {_size(content)}]" for mime, content in data.items())


def _size(content: Any) -> str:
    if isinstance(content, dict) and "ref" in content:
        return f"{content.get('size', 0):,} bytes, kept as an object"
    return f"{len(content if isinstance(content, str) else repr(content)):,} characters"
