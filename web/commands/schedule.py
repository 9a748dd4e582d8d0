"""``husk schedule``: when flows run by themselves."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from broker_config.wire import names
from broker_config.wire.errors import BadInput, NotFound
from web.client import Husk
from web.client_parts.schedules import Fire, Schedule
from web.commands import flow_parameters
from web.commands.door import opened
from web.commands.exits import told
from web.commands.flow import find as find_flow
from web.commands.output import as_json, show_json, table
from web.commands.schedule_options import fields_of, options

_SCHEDULE = click.argument("ref", metavar="SCHEDULE")


@click.group()
def schedule() -> None:
    """Schedules of flows. SCHEDULE is an id, or a name that one schedule has; FLOW the same of a flow."""


@schedule.command("list")
@click.option("--flow", "flow_ref", metavar="FLOW", help="Only this flow's.")
@as_json
@click.pass_context
@told
def list_schedules(context: click.Context, flow_ref: str | None, json_wanted: bool) -> None:
    """List one's own schedules."""
    with opened(context) as husk:
        rows = list(husk.schedules.list(None if flow_ref is None else find_flow(husk, flow_ref)))
    if json_wanted:
        show_json(rows)
        return
    shown = ((r["id"], r["name"], r["flow_name"], r["words"], _next(r), _last(r["last_fire"])) for r in rows)
    table(("id", "name", "flow", "when", "next", "last"), shown)


@schedule.command()
@click.argument("flow_ref", metavar="FLOW")
@options
@flow_parameters.option
@as_json
@click.pass_context
@told
def create(
    context: click.Context, /, flow_ref: str, params: tuple[str, ...], json_wanted: bool, **given: Any
) -> None:
    """Make a schedule of FLOW; say when by one of --cron, --every, --at, --file and --after."""
    with opened(context) as husk:
        flow_id = find_flow(husk, flow_ref)
        given["after"] = None if given["after"] is None else find_flow(husk, given["after"])
        declared = husk.flows.get(flow_id)["parameters"] if params else {}
        body = {**fields_of(given), "parameters": flow_parameters.values(declared, params)}
        made = husk.schedules.create(flow_id, body)
    show_json(made) if json_wanted else _show(made)


@schedule.command()
@_SCHEDULE
@as_json
@click.pass_context
@told
def show(context: click.Context, ref: str, json_wanted: bool) -> None:
    """Show a schedule: when it fires, by which rules, and what its last fire came to."""
    with opened(context) as husk:
        found = husk.schedules.get(find(husk, ref))
    show_json(found) if json_wanted else _show(found)


@schedule.command()
@_SCHEDULE
@as_json
@click.pass_context
@told
def pause(context: click.Context, ref: str, json_wanted: bool) -> None:
    """Start nothing until it is resumed."""
    with opened(context) as husk:
        found = husk.schedules.pause(find(husk, ref))
    show_json(found) if json_wanted else click.echo(f"{found['name']} is paused")


@schedule.command()
@_SCHEDULE
@as_json
@click.pass_context
@told
def resume(context: click.Context, ref: str, json_wanted: bool) -> None:
    """Go on from now; slots of the pause are not made up for."""
    with opened(context) as husk:
        found = husk.schedules.resume(find(husk, ref))
    show_json(found) if json_wanted else click.echo(f"{found['name']} goes on: {_next(found)}")


@schedule.command("next")
@_SCHEDULE
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True)
@as_json
@click.pass_context
@told
def next_slots(context: click.Context, ref: str, count: int, json_wanted: bool) -> None:
    """Show the next slots, in local time and in UTC."""
    with opened(context) as husk:
        slots = husk.schedules.next(find(husk, ref), count)
    show_json(slots) if json_wanted else table(("local", "utc"), ((s["local"], s["utc"]) for s in slots))


@schedule.command()
@_SCHEDULE
@as_json
@click.pass_context
@told
def trigger(context: click.Context, ref: str, json_wanted: bool) -> None:
    """Run it now, whatever its time is; prints the run."""
    with opened(context) as husk:
        run = husk.schedules.trigger(find(husk, ref))
    show_json(run) if json_wanted else click.echo(f"{run['id']}  {run['flow_name']}  {run['state']}")


@schedule.command()
@_SCHEDULE
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@as_json
@click.pass_context
@told
def fires(context: click.Context, ref: str, limit: int, json_wanted: bool) -> None:
    """Show what became of its slots, the newest first."""
    with opened(context) as husk:
        rows = list(islice(husk.schedules.fires(find(husk, ref)), limit))
    if json_wanted:
        show_json(rows)
        return
    shown = ((r["nominal_at"], r["outcome"], r["run_id"], r["run_state"], r["detail"]) for r in rows)
    table(("slot", "outcome", "run", "state", "why"), shown)


@schedule.command()
@_SCHEDULE
@click.confirmation_option(prompt="Delete the schedule? Its run goes on; runs that wait are cancelled.")
@as_json
@click.pass_context
@told
def delete(context: click.Context, ref: str, json_wanted: bool) -> None:
    """Delete a schedule."""
    with opened(context) as husk:
        schedule_id = find(husk, ref)
        husk.schedules.delete(schedule_id)
    show_json({"deleted": schedule_id}) if json_wanted else click.echo(f"{ref} is deleted")


def find(husk: Husk, ref: str) -> str:
    """The id of the schedule that is meant.

    Raises:
        NotFound: none. BadInput: several have this name.
    """
    if names.UID.fullmatch(ref):
        try:
            return husk.schedules.get(ref)["id"]
        except NotFound:
            pass
    found = [row["id"] for row in husk.schedules.list() if row["name"] == ref]
    if not found:
        raise NotFound(f"there is no schedule {ref}")
    if len(found) > 1:
        raise BadInput(f"{len(found)} schedules are called {ref}: give the id of one, {', '.join(found)}")
    return found[0]


def _show(found: Schedule) -> None:
    click.echo(f"{found['name']}  {found['id']}  of {found['flow_name']}\n{found['words']}; {_next(found)}\n")
    plain = ("overlap", "catch_up", "retries", "timeout_s", "start_at", "end_at", "parameters", "error")
    rows: list[tuple[str, Any]] = [(name, found[name]) for name in plain if found[name]]  # type: ignore[literal-required]
    table(("", ""), [*rows, ("last", _last(found["last_fire"]))])


def _next(found: Schedule) -> str:
    if found["paused"]:
        return "paused"
    return f"next {found['next_at']}" if found["next_at"] else "no slot comes"


def _last(fire: Fire | None) -> str:
    return "" if fire is None else f"{fire['outcome']} {fire['nominal_at']}"
