"""``husk flow run``: a flow once, or for many values of its parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from web.client import Husk
from web.client_parts.run_shapes import Run, RunGroup
from web.commands import flow_parameters, matrix
from web.commands.door import opened
from web.commands.exits import FAILED, told
from web.commands.output import as_json, seconds, show_json
from web.commands.run_screen import RunScreen
from web.commands.run_watching import Left, tell, watch
from web.commands.run_words import length

Find = Callable[[Husk, str], str]


def command(find: Find) -> click.Command:
    """The command; ``find`` gives a flow's id."""

    @click.command("run")
    @click.argument("flow_ref", metavar="FLOW")
    @flow_parameters.option
    @matrix.option
    @click.option("--target", "targets", multiple=True, metavar="NODE", help="Only this and what it needs.")
    @click.option("--version", type=click.IntRange(1), help="Of the flow; default: the newest.")
    @click.option("--max-parallel", type=click.IntRange(1, 200), help="Nodes in flight at once.")
    @click.option("--timeout", "timeout_s", type=float, help="Seconds that the whole run may take.")
    @click.option("--no-cache", is_flag=True, help="Run every node, even if nothing changed.")
    @click.option("--no-start", is_flag=True, help="Start no stopped kernels: refuse instead.")
    @click.option("--wait", is_flag=True, help="Show how it goes; the exit code says how it ended.")
    @as_json
    @click.pass_context
    @told
    def run(context: click.Context, /, flow_ref: str, wait: bool, json_wanted: bool, **given: Any) -> None:
        """Run a flow: prints the run's id, or with --wait how it goes.

        Exit codes: 0 it succeeded (or, without --wait, was accepted), 1 it did not. Ctrl-C asks whether to
        cancel; a second one leaves it running.
        """
        with opened(context) as husk:
            flow_id = find(husk, flow_ref)
            declared = husk.flows.get(flow_id, given["version"])["parameters"]
            parameters = flow_parameters.values(declared, given["params"])
            if given["matrix"]:
                if given["version"] is not None:
                    raise click.UsageError("--version does not go with --matrix")
                wanted = matrix.matrix_of(declared, given["matrix"])
                group = husk.runs.start_matrix(flow_id, wanted, parameters, _options(given))
                _many(husk, group, wait, json_wanted)
            else:
                made = husk.runs.start(flow_id, parameters, _options(given), given["version"])
                _one(husk, made, wait, json_wanted)

    return run


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """What was said; the server knows the rest."""
    found: dict[str, Any] = {
        name: given[name] for name in ("max_parallel", "timeout_s") if given[name] is not None
    }
    if given["targets"]:
        found["targets"] = list(given["targets"])
    if given["no_cache"]:
        found["cache"] = False
    if given["no_start"]:
        found["start_kernels"] = False
    return found


def _one(husk: Husk, run: Run, wait: bool, json_wanted: bool) -> None:
    if not wait:
        show_json(run) if json_wanted else click.echo(run["id"])
        return
    ended = followed(husk, run["id"])
    show_json(husk.runs.get(run["id"])) if json_wanted else tell(ended)
    if ended["state"] != "succeeded":
        sys.exit(FAILED)


def _many(husk: Husk, group: RunGroup, wait: bool, json_wanted: bool) -> None:
    if wait:
        for run in group["runs"]:
            ended = followed(husk, run["id"], RunScreen(nodes=False))
            values = ", ".join(f"{name}={run['parameters'][name]}" for name in group["matrix"])
            click.echo(f"{ended['state']:<10} {run['id']}  {values}  {seconds(length(ended))}", err=True)
        group = husk.runs.group(group["id"])
    if json_wanted:
        show_json(group)
    elif not wait:
        click.echo("\n".join(run["id"] for run in group["runs"]))
    if wait and group["states"].keys() != {"succeeded"}:
        sys.exit(FAILED)


def followed(husk: Husk, run_id: str, screen: RunScreen | None = None) -> dict[str, Any]:
    """A run when it has ended; leaves the program where somebody does not want to wait."""
    try:
        return watch(husk, run_id, screen)
    except Left:
        click.echo(f"left; the run goes on: husk run show {run_id}", err=True)
        raise SystemExit(FAILED) from None
