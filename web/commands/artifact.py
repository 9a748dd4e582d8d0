"""``husk artifact``: what flows published; in the catalog, or with --flow the local ones of one flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from broker_config.wire.errors import BadInput
from web.client_parts.flow_shapes import Artifact
from web.commands import artifact_changes
from web.commands.artifact_options import entry_row, flow_of, in_namespace, named, of_flow, of_version
from web.commands.artifact_words import show_artifact, show_entry
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, size, table

ENDINGS = {"parquet": ".parquet", "joblib": ".joblib", "cloudpickle": ".pkl"}


@click.group()
def artifact() -> None:
    """Artifacts: objects that flows published, in the catalog or (--flow) for one flow."""


artifact_changes.register(artifact)


@artifact.command("list")
@of_flow
@click.option("--namespace", help="Only in this namespace of the catalog.")
@click.option("--tag", "tags", multiple=True, help="Only with this tag; may be given more than once.")
@click.option("--search", help="Only whose name or description holds this.")
@as_json
@click.pass_context
@told
def list_artifacts(
    context: click.Context,
    flow_ref: str | None,
    namespace: str | None,
    tags: tuple[str, ...],
    search: str | None,
    json_wanted: bool,
) -> None:
    """List names with their latest versions, or a flow's local artifacts."""
    with opened(context) as husk:
        rows: list[Any]
        if flow_ref is None:
            rows = list(husk.catalog.list(tags, namespace, q=search))
        else:
            rows = list(husk.artifacts.list(flow_of(husk, flow_ref)))
    if json_wanted:
        show_json(rows)
    elif flow_ref is None:
        table(("namespace", "name", "version", "type", "size", "tags", "made"), map(entry_row, rows))
    else:
        table(("name", "type", "size", "node", "of", "made"), map(_artifact_row, rows))


@artifact.command()
@click.argument("name")
@of_flow
@in_namespace
@of_version
@as_json
@click.pass_context
@told
def show(
    context: click.Context,
    name: str,
    flow_ref: str | None,
    namespace: str | None,
    version: int | None,
    json_wanted: bool,
) -> None:
    """Show an artifact: its versions, who made it and from what, who read it, and its preview."""
    with opened(context) as husk:
        found: dict[str, Any]
        if flow_ref is not None:
            flow = flow_of(husk, flow_ref)
            found = {**husk.artifacts.get(flow, name), "preview": husk.artifacts.preview(flow, name)}
        else:
            space, name = named(name, namespace)
            found = husk.catalog.get(name, version, space)
            found["preview"] = husk.catalog.preview(name, found["version"], space)
            found["versions"] = list(husk.catalog.versions(name, space))
    if json_wanted:
        show_json(found)
    else:
        (show_entry if flow_ref is None else show_artifact)(found)


@artifact.command()
@click.argument("name")
@click.argument("local", type=click.Path(path_type=Path), required=False)
@of_flow
@in_namespace
@of_version
@as_json
@click.pass_context
@told
def get(
    context: click.Context,
    name: str,
    local: Path | None,
    flow_ref: str | None,
    namespace: str | None,
    version: int | None,
    json_wanted: bool,
) -> None:
    """Write an artifact's bytes into the file LOCAL. Loading them runs code of who made it."""
    try:
        with opened(context) as husk:
            if flow_ref is not None:
                flow = flow_of(husk, flow_ref)
                target = _target(local, name, husk.artifacts.get(flow, name)["format"])
                count = husk.artifacts.download(flow, name, target)
            else:
                space, name = named(name, namespace)
                found = husk.catalog.get(name, version, space)
                target = _target(local, name, found["format"])
                count = husk.catalog.download(name, target, found["version"], space)
    except OSError as error:
        raise BadInput(f"{local or name}: {error.strerror}") from None
    if json_wanted:
        show_json({"name": name, "local": str(target), "size": count})
    else:
        click.echo(f"{target}  {size(count)}")


def _target(local: Path | None, name: str, form: str) -> Path:
    own = f"{name}{ENDINGS.get(form, '.bin')}"
    return Path(own) if local is None else local / own if local.is_dir() else local


def _artifact_row(row: Artifact) -> tuple[Any, ...]:
    node = row["node_name"] or row["node_id"]
    return row["name"], row["type_name"], size(row["size"]), node, row["scope"], ago(row["created_at"])
