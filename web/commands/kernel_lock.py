"""``husk kernel lock``, and the options about packages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from broker_config.wire.errors import HuskError
from web.client import Husk
from web.client_parts.shapes import Difference, LockAnswer
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, table

Command = TypeVar("Command", bound=Callable[..., Any])


def packages(command: Command) -> Command:
    """The options about a kernel's packages; None where one is not given."""
    wishes = click.option(
        "--packages", metavar="A,B", help='Packages besides its flavour\'s: "pandas>=2,<3, plotly".'
    )
    lock = click.option(
        "--lock", "lock", type=click.File("r", encoding="utf-8"), help="A lock: exactly these versions."
    )
    sdist = click.option(
        "--allow-sdist/--no-allow-sdist", default=None, help="Build packages without wheels, in a builder."
    )
    return wishes(lock(sdist(command)))


def read_lock(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the lock's text in place of its file."""
    if fields.get("lock") is None:
        return fields
    try:
        return {**fields, "lock": fields["lock"].read()}
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"cannot be read: {error}", param_hint="--lock") from None


def register(kernel: click.Group) -> None:
    """Add the command to ``husk kernel``."""
    kernel.add_command(lock)


@click.command()
@click.argument("kernel_id")
@click.option("--update", is_flag=True, help="Resolve its packages anew, and show what changes first.")
@click.option("--yes", is_flag=True, help="With --update: do not ask.")
@click.option(
    "--output", type=click.Path(dir_okay=False), help="Write the lock to a file; - is standard output."
)
@as_json
@click.pass_context
@told
def lock(
    context: click.Context, kernel_id: str, update: bool, yes: bool, output: str | None, json_wanted: bool
) -> None:
    """Show a kernel's lock: every package with its version. Another kernel takes its file by --lock."""
    with opened(context) as husk:
        if update:
            _update(husk, kernel_id, yes, quiet=json_wanted or output == "-")
        found = husk.kernels.lock(kernel_id)
    if found["lock"] is None:
        raise HuskError(f"kernel {kernel_id} has the packages of its flavour alone: there is no lock")
    if output is not None:
        _write(output, found["lock"]["text"])
    elif json_wanted:
        show_json(found)
    else:
        _show(found)


def _update(husk: Husk, kernel_id: str, yes: bool, quiet: bool) -> None:
    found = husk.kernels.relock(kernel_id, dry_run=True)
    if not found["difference"]:
        click.echo("nothing changes: these are the newest versions", err=True)
        return
    if not quiet:
        show_difference(found["difference"])
    if not yes:
        click.confirm("Lock these versions?", abort=True, err=True)
    assert found["lock"] is not None
    # What was shown, whatever came to the index since.
    husk.kernels.change(kernel_id, lock=found["lock"]["text"])


def show_difference(found: Sequence[Difference]) -> None:
    """What changes, as a table."""
    table(("package", "before", "after"), ((d["name"], d["before"], d["after"] or "removed") for d in found))


def _write(output: str, text: str) -> None:
    if output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HuskError(f"{output} cannot be written: {error.strerror}") from None


def _show(found: LockAnswer) -> None:
    kept = found["lock"]
    assert kept is not None
    who = f"locked by {found['locked_by']} {ago(found['locked_at'])}"
    about = f"Python {kept['python']}, flavour {kept['flavour']}, {len(kept['packages'])} packages"
    click.echo(f"{about}; {who}\n{', '.join(kept['wishes'])}\n{kept['digest']}\n")
    table(("package", "version"), ((pin["name"], pin["version"]) for pin in kept["packages"]))
