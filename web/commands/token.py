"""``husk token``: API tokens."""

from __future__ import annotations

import click

from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, table

DAY_S = 86_400.0


@click.group()
def token() -> None:
    """API tokens: shown once, kept as a hash."""


@token.command()
@click.argument("name")
@click.option("--read-only", is_flag=True, help="It may read, and change nothing.")
@click.option("--days", type=float, help="Days until it expires; default: never.")
@click.option("--user", help="Whose, for an admin; default: one's own.")
@as_json
@click.pass_context
@told
def create(
    context: click.Context,
    name: str,
    read_only: bool,
    days: float | None,
    user: str | None,
    json_wanted: bool,
) -> None:
    """Make a token and print it, this once."""
    expires_in_s = None if days is None else days * DAY_S
    with opened(context) as husk:
        made = husk.tokens.create(name, "read" if read_only else "write", expires_in_s, user)
    show_json(made) if json_wanted else click.echo(made["token"])


@token.command("list")
@as_json
@click.pass_context
@told
def list_tokens(context: click.Context, json_wanted: bool) -> None:
    """List one's own tokens."""
    with opened(context) as husk:
        rows = list(husk.tokens.list())
    if json_wanted:
        show_json(rows)
        return
    shown = (
        (r["id"], r["name"], r["scope"], ago(r["created_at"]), r["expires_at"], ago(r["revoked_at"]))
        for r in rows
    )
    table(("id", "name", "scope", "made", "expires", "revoked"), shown)


@token.command()
@click.argument("token_id", type=int)
@as_json
@click.pass_context
@told
def revoke(context: click.Context, token_id: int, json_wanted: bool) -> None:
    """End a token for ever."""
    with opened(context) as husk:
        husk.tokens.revoke(token_id)
    show_json({"revoked": token_id}) if json_wanted else click.echo(f"token {token_id} is revoked")
