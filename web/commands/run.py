"""``husk run``: runs of flows, seen and changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice

import click

from web.client import Husk
from web.client_parts.run_shapes import Run, WholeRun
from web.commands import run_words
from web.commands.door import opened
from web.commands.exits import FAILED, told
from web.commands.flow import find as find_flow
from web.commands.flow_run import followed
from web.commands.logs import LEVELS, show_line
from web.commands.output import ago, as_json, seconds, show_json, size, table
from web.commands.run_watching import tell

_RUN = click.argument("run_id", metavar="RUN")
_STATES = ("queued", "running", "succeeded", "failed", "cancelled", "timed_out", "skipped")
_wait = click.option("--wait", is_flag=True, help="Show how it goes; the exit code says how it ended.")


@click.group()
def run() -> None:
    """Runs of flows. RUN is a run's id, as `husk flow run` and `husk run list` print it."""


@run.command("list")
@click.option("--flow", "flow_ref", metavar="FLOW", help="Only this flow's.")
@click.option("--state", type=click.Choice(_STATES), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@as_json
@click.pass_context
@told
def list_runs(
    context: click.Context, flow_ref: str | None, state: str | None, limit: int, json_wanted: bool
) -> None:
    """List one's own runs, the newest first."""
    with opened(context) as husk:
        flow = None if flow_ref is None else find_flow(husk, flow_ref)
        rows = list(islice(husk.runs.list(flow=flow, state=state), limit))
    if json_wanted:
        show_json(rows)
        return
    table(
        ("id", "flow", "state", "nodes", "begun", "took", "by", "parameters"),
        (
            (
                *(row["id"], row["flow_name"], row["state"], run_words.done(row), ago(row["created_at"])),
                *(seconds(run_words.length(row)), row["trigger"], run_words.parameters(row)),
            )
            for row in rows
        ),
    )


@run.command()
@_RUN
@as_json
@click.pass_context
@told
def show(context: click.Context, run_id: str, json_wanted: bool) -> None:
    """Show a run: what became of each node."""
    with opened(context) as husk:
        found = husk.runs.get(run_id)
    show_json(found) if json_wanted else _show(found)


@run.command()
@_RUN
@as_json
@click.pass_context
@told
def cancel(context: click.Context, run_id: str, json_wanted: bool) -> None:
    """End a run: what waits does not begin, what runs is interrupted."""
    with opened(context) as husk:
        found = husk.runs.cancel(run_id)
    show_json(found) if json_wanted else click.echo(f"{run_id} is being cancelled")


@run.command()
@_RUN
@_wait
@as_json
@click.pass_context
@told
def resume(context: click.Context, run_id: str, wait: bool, json_wanted: bool) -> None:
    """Go on where a run failed, as a new run; prints its id."""
    _again(context, lambda husk: husk.runs.resume(run_id), wait, json_wanted)


@run.command()
@_RUN
@_wait
@as_json
@click.pass_context
@told
def rerun(context: click.Context, run_id: str, wait: bool, json_wanted: bool) -> None:
    """Run the same once more: version, parameters, options; prints the new run's id."""
    _again(context, lambda husk: husk.runs.rerun(run_id), wait, json_wanted)


@run.command()
@_RUN
@click.option("--node", help="Only of this node.")
@click.option(
    "--level", type=click.Choice(LEVELS, case_sensitive=False), help="Only of this level and above."
)
@click.option("--lines", type=click.IntRange(1, 100_000), default=1_000, show_default=True)
@as_json
@click.pass_context
@told
def logs(
    context: click.Context, run_id: str, node: str | None, level: str | None, lines: int, json_wanted: bool
) -> None:
    """Show what a run's nodes logged, the oldest first."""
    with opened(context) as husk:
        asked = husk.runs.logs(run_id, node=node, level=level and level.upper())
        found = list(islice(asked, lines))[::-1]
    if json_wanted:
        show_json(found)
        return
    for line in found:
        show_line(line)


@run.command()
@click.option("--older-than", "days", type=click.FloatRange(0), required=True, help="Days since their end.")
@click.option("--keep", type=click.IntRange(0), default=10, show_default=True, help="Newest of each flow.")
@click.option("--all", "everybody", is_flag=True, help="Everybody's, for an admin.")
@click.option("--yes", is_flag=True, help="Delete them; without it they are only counted.")
@as_json
@click.pass_context
@told
def prune(
    context: click.Context, days: float, keep: int, everybody: bool, yes: bool, json_wanted: bool
) -> None:
    """Delete old runs with their outputs, artifacts and executions. Open ones stay."""
    with opened(context) as husk:
        found = husk.runs.prune(days, keep, dry_run=not yes, all=everybody)
    if json_wanted:
        show_json(found)
        return
    verb = "would be deleted (say --yes)" if found["dry_run"] else "are deleted"
    click.echo(f"{found['runs']} runs with {found['objects']} objects, {size(found['bytes'])}, {verb}")


def _again(context: click.Context, ask: Callable[[Husk], Run], wait: bool, json_wanted: bool) -> None:
    with opened(context) as husk:
        made = ask(husk)
        if not wait:
            show_json(made) if json_wanted else click.echo(made["id"])
            return
        ended = followed(husk, made["id"])
        show_json(husk.runs.get(made["id"])) if json_wanted else tell(ended)
    if ended["state"] != "succeeded":
        sys.exit(FAILED)


def _show(found: WholeRun) -> None:
    why = "" if found["error"] is None else f"\n{found['error']['message']}"
    click.echo(
        f"{found['flow_name']}  {found['id']}  version {found['flow_version']}, {found['state']}, "
        f"{ago(found['created_at'])}, {seconds(run_words.length(found))}{why}"
    )
    if found["parameters"]:
        click.echo(run_words.parameters(found))
    click.echo()
    columns = ("node", "name", "state", "tried", "waited", "ran", "memory", "rows", "put out", "")
    table(
        columns,
        (
            (
                *(node["node_id"], node["name"], node["state"], node["attempts"] or None),
                *(seconds(node["queued_s"]), seconds(node["run_s"]), size(node["memory_peak_bytes"])),
                *(node["rows_out"], ", ".join(out["name"] for out in node["outputs"]), run_words.said(node)),
            )
            for node in found["nodes"]
        ),
    )
