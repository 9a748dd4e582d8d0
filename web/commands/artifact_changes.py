"""``husk artifact``: what changes the catalog, or a flow's local artifacts."""

from __future__ import annotations

import click

from web.commands.artifact_options import entry_row, flow_of, in_namespace, named, of_flow
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import as_json, show_json, size, table

DAY_S = 86_400.0


def register(artifact: click.Group) -> None:
    """Add the commands to ``husk artifact``."""
    for command in (delete, promote, prune):
        artifact.add_command(command)


@click.command()
@click.argument("name")
@of_flow
@in_namespace
@click.option("--version", type=click.IntRange(1), help="Only this one; default: the whole name.")
@click.option("--force", is_flag=True, help="Also the latest version, which code reads that names none.")
@as_json
@click.pass_context
@told
def delete(
    context: click.Context,
    name: str,
    flow_ref: str | None,
    namespace: str | None,
    version: int | None,
    force: bool,
    json_wanted: bool,
) -> None:
    """Delete a version, or a name with all of them, or a flow's local artifact."""
    with opened(context) as husk:
        if flow_ref is not None:
            husk.artifacts.delete(flow_of(husk, flow_ref), name)
            count = 1
        else:
            space, name = named(name, namespace)
            count = husk.catalog.delete(name, version, space, force)
    show_json({"deleted": count}) if json_wanted else click.echo(f"{name}: {count} deleted")


@click.command()
@click.argument("name")
@click.argument("version", type=click.IntRange(1))
@in_namespace
@as_json
@click.pass_context
@told
def promote(
    context: click.Context, name: str, version: int, namespace: str | None, json_wanted: bool
) -> None:
    """Make an old VERSION the latest again, as a new version of the same object."""
    space, name = named(name, namespace)
    with opened(context) as husk:
        made = husk.catalog.promote(name, version, space)
    show_json(made) if json_wanted else click.echo(f"{name} version {made['version']} is {version} again")


@click.command()
@click.option("--keep", type=click.IntRange(1), required=True, help="Of each name so many newest stay.")
@click.option("--name", help="Only of this name.")
@click.option("--namespace", help="Only in this namespace.")
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), help="Only what is older than so many days."
)
@click.option("--delete", "really", is_flag=True, help="Delete; without it only say what would go.")
@as_json
@click.pass_context
@told
def prune(
    context: click.Context,
    keep: int,
    name: str | None,
    namespace: str | None,
    days: float | None,
    really: bool,
    json_wanted: bool,
) -> None:
    """Delete old versions of the catalog: of each name all but the newest ones."""
    older = None if days is None else days * DAY_S
    with opened(context) as husk:
        found = husk.catalog.prune(keep, not really, name=name, namespace=namespace, older_than_s=older)
    if json_wanted:
        show_json(found)
        return
    table(("namespace", "name", "version", "type", "size", "tags", "made"), map(entry_row, found["versions"]))
    what = "deleted" if really else "would be deleted: say --delete"
    click.echo(f"{found['count']} versions, {size(found['size'])}, {what}", err=True)
