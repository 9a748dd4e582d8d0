"""``husk kernel``: kernels made, listed, started, ended."""

from __future__ import annotations

from typing import Any

import click

from broker_config.wire.errors import NotFound
from web.client_parts.shapes import Kernel
from web.commands import kernel_lock
from web.commands.changing import change, until
from web.commands.door import opened
from web.commands.exits import told
from web.commands.kernel_lock import packages, read_lock
from web.commands.kernel_settings import as_fields, policies, register
from web.commands.kernel_words import COLUMNS, line
from web.commands.output import as_json, show_json, table


@click.group()
def kernel() -> None:
    """Kernels: Python with a namespace, a queue and limits of its own."""


register(kernel)
kernel_lock.register(kernel)


@kernel.command("list")
@click.option("--all", "everybodys", is_flag=True, help="Everybody's, for an admin.")
@as_json
@click.pass_context
@told
def list_kernels(context: click.Context, everybodys: bool, json_wanted: bool) -> None:
    """List kernels."""
    with opened(context) as husk:
        rows = list(husk.kernels.list(everybodys))
    if json_wanted:
        show_json(rows)
        return
    table(COLUMNS, map(line, rows))


@kernel.command()
@click.argument("kernel_id")
@click.option("--name", help="For people; default: the id.")
@click.option("--memory-gb", type=float, default=2.0, show_default=True)
@click.option("--cpu-cores", type=float, default=2.0, show_default=True)
@click.option(
    "--env", "env", multiple=True, metavar="NAME=VALUE", help="Environment variable; may be repeated."
)
@click.option("--flavour", help="Which image, or base set of packages: base, ml.")
@packages
@policies
@click.option("--start/--no-start", default=False, show_default=True, help="Start it, too.")
@as_json
@click.pass_context
@told
def create(
    context: click.Context,
    /,
    kernel_id: str,
    start: bool,
    env: tuple[str, ...],
    json_wanted: bool,
    **fields: Any,
) -> None:
    """Make a kernel."""
    wanted = {"env": _pairs(env), **as_fields(read_lock(fields))}
    with opened(context) as husk:
        row = husk.kernels.create(kernel_id, **wanted)
        if start:
            row = change(husk, kernel_id, "start", {"ready", "executing"})
    _show(row, json_wanted)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not separator for _, separator, _ in pairs):
        raise click.BadParameter("is NAME=VALUE", param_hint="--env")
    return {name: value for name, _, value in pairs}


def _changing(name: str, wanted: set[str], about: str) -> None:
    @click.argument("kernel_id")
    @click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is so.")
    @as_json
    @click.pass_context
    @told
    def command(context: click.Context, kernel_id: str, wait: bool, json_wanted: bool) -> None:
        with opened(context) as husk:
            _show(change(husk, kernel_id, name, wanted if wait else None), json_wanted)

    kernel.command(name, help=about)(command)


_changing("start", {"ready", "executing"}, "Start a kernel.")
_changing("stop", {"stopped"}, "Stop a kernel: its variables are lost, its queue is kept.")
_changing("restart", {"ready", "executing"}, "Stop a kernel if it runs, and start it.")


@kernel.command()
@click.argument("kernel_id")
@click.option("--lines", type=click.IntRange(1, 10_000), default=200, show_default=True)
@as_json
@click.pass_context
@told
def logs(context: click.Context, kernel_id: str, lines: int, json_wanted: bool) -> None:
    """Show the end of a kernel's own log."""
    with opened(context) as husk:
        text = husk.kernels.logs(kernel_id, lines)
    show_json({"text": text}) if json_wanted else click.echo(text)


@kernel.command()
@click.argument("kernel_id")
@click.confirmation_option(prompt="Delete the kernel, its queue, its files and local artifacts?")
@as_json
@click.pass_context
@told
def delete(context: click.Context, kernel_id: str, json_wanted: bool) -> None:
    """Delete a kernel with its queue and files."""
    with opened(context) as husk:
        row = husk.kernels.delete(kernel_id)
        try:
            until(husk, kernel_id, set())
        except NotFound:
            row["state"] = "deleted"
    _show(row, json_wanted)


def _show(row: Kernel, json_wanted: bool) -> None:
    if json_wanted:
        show_json(row)
    else:
        click.echo(f"{row['id']} is {row['state']}")
        for warning in row.get("warnings") or []:
            click.echo(f"  {warning}", err=True)
