"""``husk logs``: what executions logged."""

from __future__ import annotations

from itertools import islice

import click

from web.client_parts.flow_shapes import LogLine
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import as_json, show_json

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


@click.command()
@click.option("--flow", help="Only of this flow.")
@click.option("--kernel", help="Only of this kernel.")
@click.option("--node", help="Only of this node.")
@click.option(
    "--level", type=click.Choice(LEVELS, case_sensitive=False), help="Only of this level and above."
)
@click.option("--search", help="Only what holds this.")
@click.option("--lines", type=click.IntRange(1, 100_000), default=100, show_default=True)
@as_json
@click.pass_context
@told
def logs(
    context: click.Context,
    /,
    level: str | None,
    search: str | None,
    lines: int,
    json_wanted: bool,
    **where: str,
) -> None:
    """Show the newest lines that executions logged, the oldest of them first."""
    with opened(context) as husk:
        asked = husk.logs(**where, level=level and level.upper(), q=search)
        found = list(islice(asked, lines))[::-1]
    if json_wanted:
        show_json(found)
        return
    for line in found:
        show_line(line)


def show_line(line: LogLine) -> None:
    """One line."""
    where = "/".join(part for part in (line["flow_id"], line["node_id"]) if part)
    level = click.style(f"{line['level']:<8}", fg=COLOURS.get(line["level"]))
    click.echo(f"{line['at'][:19]} {level} {click.style(where, dim=True)} {line['message']}")
