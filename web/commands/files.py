"""``husk files``: shared files, seen by every kernel of their owner."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from broker_config.wire.errors import BadInput
from web.commands.door import Door, opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, size, table


@click.group()
def files() -> None:
    """Shared files: what cells reach by `flowfile.get_shared_location(PATH)`."""


@files.command("list")
@click.argument("prefix", default="")
@as_json
@click.pass_context
@told
def list_files(context: click.Context, prefix: str, json_wanted: bool) -> None:
    """List files whose path starts with PREFIX."""
    with opened(context) as door:
        rows = door.all_items("/files", prefix=prefix or None)
    if json_wanted:
        show_json(rows)
        return
    table(("path", "size", "version", "written"), (_row(row) for row in rows))


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["path"], size(row["size"]), row["version"], ago(row["created_at"])


@files.command()
@click.argument("local", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("path")
@as_json
@click.pass_context
@told
def put(context: click.Context, local: Path, path: str, json_wanted: bool) -> None:
    """Write the file LOCAL to PATH; what was there stays as an older version."""
    with opened(context) as door:
        row = upload(door, local, path)
    show_json(row) if json_wanted else click.echo(
        f"{row['path']}  {size(row['size'])}  version {row['version']}"
    )


@files.command()
@click.argument("path")
@click.argument("local", type=click.Path(dir_okay=False, path_type=Path))
@as_json
@click.pass_context
@told
def get(context: click.Context, path: str, local: Path, json_wanted: bool) -> None:
    """Read PATH into the file LOCAL, whole or not at all."""
    fresh = local.with_name(f"{local.name}.part")
    try:
        with opened(context) as door, fresh.open("wb") as target:
            door.download(quote(path), target)
        fresh.replace(local)
    except OSError as error:
        raise BadInput(f"{local}: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)
    count = local.stat().st_size
    show_json({"path": path, "local": str(local), "size": count}) if json_wanted else click.echo(
        f"{local}  {size(count)}"
    )


@files.command()
@click.argument("path")
@as_json
@click.pass_context
@told
def delete(context: click.Context, path: str, json_wanted: bool) -> None:
    """Delete a file; older versions stay."""
    with opened(context) as door:
        door.call("DELETE", f"/files/{quote(path)}")
    show_json({"deleted": path}) if json_wanted else click.echo(f"{path} is deleted")


def upload(door: Door, local: Path, path: str) -> dict[str, Any]:
    """Write a local file to a shared path, with a bar where somebody watches."""
    total = local.stat().st_size
    with local.open("rb") as source:
        if not os.isatty(2):
            return door.upload(quote(path), source, total)
        with click.progressbar(length=total, label=path, file=sys.stderr) as shown:
            return door.upload(quote(path), source, total, shown.update)
