"""``husk flow``: flows in versions, to files and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from broker_config.wire.errors import HuskError
from web import flow_files
from web.client import Husk
from web.client_parts.flow_shapes import Flow, FlowOutput, FlowSummary
from web.commands import flow_run, named
from web.commands.door import opened
from web.commands.exits import told
from web.commands.flow_files import ENDINGS, read
from web.commands.output import ago, as_json, show_json, size, table

FORM = click.Choice(["json", "yaml"])


@click.group()
def flow() -> None:
    """Flows: nodes and connections; every save is a version. FLOW is an id, or a name that one flow has."""


@flow.command("list")
@as_json
@click.pass_context
@told
def list_flows(context: click.Context, json_wanted: bool) -> None:
    """List one's own flows."""
    with opened(context) as husk:
        rows = list(husk.flows.list())
    if json_wanted:
        show_json(rows)
        return
    table(
        ("id", "name", "version", "nodes", "last run", "saved"),
        (
            (row["id"], row["name"], row["version"], row["nodes"], _last_run(row), ago(row["updated_at"]))
            for row in rows
        ),
    )


@flow.command()
@click.argument("flow_ref", metavar="FLOW")
@click.option("--version", type=click.IntRange(1), help="As it was then; default: now.")
@as_json
@click.pass_context
@told
def show(context: click.Context, flow_ref: str, version: int | None, json_wanted: bool) -> None:
    """Show a flow: its nodes, what each reads, and what it put out last."""
    with opened(context) as husk:
        found = husk.flows.get(find(husk, flow_ref), version)
        outputs = list(husk.flows.outputs(found["id"]))
    if json_wanted:
        show_json({**found, "outputs": outputs})
        return
    click.echo(
        f"{found['name']}  {found['id']}  version {found['version']}, saved {ago(found['updated_at'])}\n"
    )
    rows = (
        (n["id"], n["name"], n["type"], n["kernel"], _reads(found, n), _put_out(outputs, n))
        for n in found["nodes"]
    )
    table(("node", "name", "type", "kernel", "reads", "put out"), rows)


@flow.command("export")
@click.argument("flow_ref", metavar="FLOW")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: the screen.")
@click.option("--format", "form", type=FORM, help="Default: by the file's ending, else JSON.")
@click.option("--version", type=click.IntRange(1), help="As it was then; default: now.")
@as_json
@click.pass_context
@told
def export(
    context: click.Context,
    flow_ref: str,
    output: Path | None,
    form: str | None,
    version: int | None,
    json_wanted: bool,
) -> None:
    """Write a flow as JSON or YAML, its fields always in the same order."""
    with opened(context) as husk:
        found = husk.flows.get(find(husk, flow_ref), version)
    ending = "" if output is None else output.suffix.lower()
    text = flow_files.text_of(found, form or ENDINGS.get(ending, "json"))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HuskError(f"{output} cannot be written: {error.strerror}") from None
    told_ = {"id": found["id"], "version": found["version"], "output": str(output)}
    show_json(told_) if json_wanted else click.echo(f"{output}  version {found['version']}")


@flow.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "flow_ref", metavar="FLOW", help="Save it as the next version of this flow; default: a new one."
)
@click.option("--version", type=click.IntRange(1), help="With --to: refuse if the newest is not this one.")
@as_json
@click.pass_context
@told
def import_file(
    context: click.Context, file: Path, flow_ref: str | None, version: int | None, json_wanted: bool
) -> None:
    """Read a flow from a JSON or YAML file."""
    if version is not None and flow_ref is None:
        raise click.UsageError("--version goes with --to")
    document = read(file)
    with opened(context) as husk:
        if flow_ref is None:
            made = husk.flows.create(document)
        else:
            made = husk.flows.save(find(husk, flow_ref), document, version)
    show_json(made) if json_wanted else click.echo(f"{made['name']}  {made['id']}  version {made['version']}")


@flow.command()
@click.argument("flow_ref", metavar="FLOW")
@click.confirmation_option(
    prompt="Delete the flow, its outputs and its local artifacts? The catalog keeps its own."
)
@as_json
@click.pass_context
@told
def delete(context: click.Context, flow_ref: str, json_wanted: bool) -> None:
    """Delete a flow with its outputs and local artifacts."""
    with opened(context) as husk:
        flow_id = find(husk, flow_ref)
        husk.flows.delete(flow_id)
    show_json({"deleted": flow_id}) if json_wanted else click.echo(f"{flow_ref} is deleted")


def find(husk: Husk, ref: str) -> str:
    """The id of the flow that is meant.

    Raises:
        NotFound: none. BadInput: several have this name.
    """
    return named.find("flow", ref, husk.flows.get, husk.flows.list)


def _last_run(row: FlowSummary) -> str:
    run = row["last_run"]
    return "never" if run is None else f"{run['state']}, {ago(run['at'])}"


def _reads(found: Flow, node: dict[str, Any]) -> str:
    return ", ".join(one["from"] for one in found["connections"] if one["to"] == node["id"])


def _put_out(outputs: list[FlowOutput], node: dict[str, Any]) -> str:
    mine = (one for one in outputs if one["node_id"] == node["id"])
    return ", ".join(f"{one['name']} ({_rows(one)}{size(one['size'])})" for one in mine)


def _rows(output: FlowOutput) -> str:
    return "" if output["rows"] is None else f"{output['rows']:,} rows, "


flow.add_command(flow_run.command(find))
