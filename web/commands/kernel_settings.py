"""``husk kernel show`` and ``husk kernel update``, and the options of policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from web.commands.door import opened
from web.commands.durations import Duration
from web.commands.exits import told
from web.commands.kernel_lock import packages, read_lock
from web.commands.kernel_words import whole
from web.commands.output import as_json, show_json, table

Command = TypeVar("Command", bound=Callable[..., Any])


def policies(command: Command) -> Command:
    """The options of a kernel's policies; None where one is not given."""
    restart = click.option(
        "--auto-restart/--no-auto-restart", default=None, help="Start it again when it fails."
    )
    idle = click.option(
        "--idle-timeout", type=Duration(), help="Stop it after so long without work: 30m, 2h, off."
    )
    persistence = click.option(
        "--persistence/--no-persistence", default=None, help="Keep what it published when it stops."
    )
    recovery = click.option(
        "--recovery",
        "recovery_mode",
        type=click.Choice(["lazy", "eager", "clear"]),
        help="Its artifacts at a start: loaded when read, all at once, or removed.",
    )
    return restart(idle(persistence(recovery(command))))


def as_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Options that were given as fields of the API; ``off`` as null."""
    fields = {name: value for name, value in values.items() if value is not None}
    if "idle_timeout" in fields:
        fields["idle_timeout_s"] = fields.pop("idle_timeout") or None
    return fields


def register(kernel: click.Group) -> None:
    """Add both commands to ``husk kernel``."""
    kernel.add_command(show)
    kernel.add_command(update)


@click.command()
@click.argument("kernel_id")
@as_json
@click.pass_context
@told
def show(context: click.Context, kernel_id: str, json_wanted: bool) -> None:
    """Show a kernel with its settings, and what was done with it by itself."""
    with opened(context) as husk:
        row = husk.kernels.get(kernel_id)
    show_json(row) if json_wanted else table(("", ""), whole(row))


@click.command()
@click.argument("kernel_id")
@click.option("--name", help="For people; it can be changed always, the rest while it is stopped.")
@click.option("--memory-gb", type=float)
@click.option("--cpu-cores", type=float)
@packages
@policies
@as_json
@click.pass_context
@told
def update(context: click.Context, /, kernel_id: str, json_wanted: bool, **values: Any) -> None:
    """Change what is given of a kernel."""
    fields = as_fields(read_lock(values))
    if not fields:
        raise click.UsageError("nothing to change: see --help for what can be")
    with opened(context) as husk:
        row = husk.kernels.change(kernel_id, **fields)
    show_json(row) if json_wanted else table(("", ""), whole(row))
