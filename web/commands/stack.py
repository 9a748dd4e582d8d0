"""``husk up``, ``down``, ``status``, ``doctor``: the stack on this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from broker_config.settings import load_settings
from web.commands.exits import FAILED, UNREACHABLE, told
from web.commands.output import as_json, seconds, show_json, size, table


@click.command()
@click.option("--once", is_flag=True, help="End after the example; exit code 0 only if it succeeded.")
@click.option("--no-example", is_flag=True, hidden=True)
@told
def up(once: bool, no_example: bool) -> None:
    """Start the embedded stack, run the example, stay until Ctrl-C."""
    from web.stack.up import up as start

    raise SystemExit(start(load_settings(), once, not no_example))


@click.command()
@as_json
@told
def down(json_wanted: bool) -> None:
    """End the stack of this data folder and all its processes."""
    from web.stack.down import down as end

    ended = end(load_settings())
    if json_wanted:
        show_json({"ended": ended})
    else:
        click.echo(f"ended: {', '.join(ended)}" if ended else "nothing was running")


@click.command()
@as_json
@told
def status(json_wanted: bool) -> None:
    """What of the stack runs; exit code 3 if nothing does, 1 if a part is missing."""
    from web.stack import status as stack

    found = stack.status(load_settings())
    if json_wanted:
        show_json(asdict(found))
    else:
        click.echo(f"{found.state}  {found.url}  Flower {found.flower_url}  data {found.data_dir}")
        if found.processes:
            rows = (
                (p.name, p.state, p.pid, p.restarts or None, seconds(p.up_s), size(p.memory_bytes))
                for p in found.processes
            )
            table(("process", "state", "pid", "restarts", "up", "memory"), rows)
    if found.state != stack.RUNNING:
        raise SystemExit(UNREACHABLE if found.state == stack.STOPPED else FAILED)


@click.command()
@as_json
@told
def doctor(json_wanted: bool) -> None:
    """Check ports, Redis, S3, database, disk, engine and listeners; exit code 1 if something is wrong."""
    from web.stack.doctor import examine
    from web.stack.finding import Verdict

    findings = examine(load_settings())
    if json_wanted:
        show_json({"checks": [asdict(finding) for finding in findings]})
    else:
        table(("check", "", "found", "what to do"), ((f.name, f.verdict, f.found, f.mend) for f in findings))
    if any(finding.verdict is Verdict.FAILED for finding in findings):
        raise SystemExit(FAILED)
