"""What the commands of ``husk artifact`` have in common."""

from __future__ import annotations

from typing import Any

import click

from broker_config.wire.errors import NotFound
from web.client import Husk
from web.client_parts.catalog import DEFAULT
from web.client_parts.flow_shapes import Entry
from web.commands import flow as flow_commands
from web.commands.output import ago, size

of_flow = click.option("--flow", "flow_ref", metavar="FLOW", help="A flow's local artifact instead.")
of_version = click.option("--version", type=click.IntRange(1), help="Default: the latest.")
in_namespace = click.option("--namespace", help="Of the catalog; NAMESPACE::NAME says it, too.")


def flow_of(husk: Husk, ref: str) -> str:
    """The id of the flow that is meant: a saved one, or one of cells."""
    try:
        return flow_commands.find(husk, ref)
    except NotFound:
        return ref  # of cells: the API knows whether there is anything


def named(name: str, namespace: str | None) -> tuple[str, str]:
    """Namespace and name of what is meant by ``NAMESPACE::NAME`` or the option."""
    space, separator, rest = name.partition("::")
    if not separator:
        return namespace or DEFAULT, name
    if namespace is not None and namespace != space:
        raise click.UsageError("the name says another namespace than --namespace")
    return space, rest


def entry_row(row: Entry) -> tuple[Any, ...]:
    """A version as a row of a table."""
    made = (row["python_type"], size(row["size"]), ", ".join(row["tags"]), ago(row["created_at"]))
    return row["namespace"], row["name"], row["version"], *made
