"""``husk user``: accounts."""

from __future__ import annotations

from typing import Any

import click

from broker_config.wire.errors import NotFound
from web.client import Husk
from web.client_parts.shapes import User
from web.commands.door import opened, shown_url
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, table


@click.group()
def user() -> None:
    """Accounts, for admins."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["admin", "editor", "viewer"]), default="editor", show_default=True)
@as_json
@click.pass_context
@told
def create(context: click.Context, name: str, role: str, json_wanted: bool) -> None:
    """Make an account; `husk user link NAME` lets its owner in."""
    with opened(context) as husk:
        made = husk.users.create(name, role)
    show_json(made) if json_wanted else click.echo(f"{made['name']} is {made['role']}")


@user.command()
@click.argument("name")
@as_json
@click.pass_context
@told
def link(context: click.Context, name: str, json_wanted: bool) -> None:
    """Make a link that logs somebody in once, within a day: a new account, or a lost password."""
    with opened(context) as husk:
        made = husk.users.link(_id_of(husk, name))
        url = f"{shown_url(context, husk)}/login#link={made['link']}"
    show_json({"url": url, "expires_at": made["expires_at"]}) if json_wanted else click.echo(url)


@user.command("list")
@as_json
@click.pass_context
@told
def list_users(context: click.Context, json_wanted: bool) -> None:
    """List accounts."""
    with opened(context) as husk:
        rows = list(husk.users.list())
    if json_wanted:
        show_json(rows)
        return
    table(("id", "name", "role", "", "made", "kernels", "memory"), map(_row, rows))


def _row(row: User) -> tuple[Any, ...]:
    quota = row["quota"]
    return (
        row["id"],
        row["name"],
        row["role"],
        "disabled" if row["disabled"] else "",
        ago(row["created_at"]),
        _of(quota["kernels"], quota["kernels_limit"], ""),
        _of(quota["memory_gb"], quota["memory_gb_limit"], " GB"),
    )


def _of(used: float, limit: float | None, unit: str) -> str:
    return f"{used:g}{unit}" if limit is None else f"{used:g} of {limit:g}{unit}"


@user.command()
@click.argument("name")
@as_json
@click.pass_context
@told
def disable(context: click.Context, name: str, json_wanted: bool) -> None:
    """Close an account: its tokens and streams end within seconds, its things stay."""
    _set_disabled(context, name, True, json_wanted)


@user.command()
@click.argument("name")
@as_json
@click.pass_context
@told
def enable(context: click.Context, name: str, json_wanted: bool) -> None:
    """Open an account again."""
    _set_disabled(context, name, False, json_wanted)


def _set_disabled(context: click.Context, name: str, disabled: bool, json_wanted: bool) -> None:
    with opened(context) as husk:
        row = husk.users.set_disabled(_id_of(husk, name), disabled)
    show_json(row) if json_wanted else click.echo(f"{name} is {'disabled' if disabled else 'enabled'}")


def _id_of(husk: Husk, name: str) -> int:
    for row in husk.users.list():
        if row["name"] == name:
            return row["id"]
    raise NotFound(f"there is no user {name}")
