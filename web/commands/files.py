"""``husk files``: shared files, seen by every kernel of their owner."""

from __future__ import annotations

import sys
from copy import copy
from pathlib import Path
from typing import Any

import click

from broker_config.wire.errors import BadInput
from web.client import Husk
from web.client_parts.shapes import File
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, size, table


@click.group()
def files() -> None:
    """Shared files: what cells reach by `flowfile.get_shared_location(PATH)`."""


@files.command("ls")
@click.argument("prefix", default="")
@click.option("--folder", is_flag=True, help="Only what is directly in the folder PREFIX, and its folders.")
@as_json
@click.pass_context
@told
def list_files(context: click.Context, prefix: str, folder: bool, json_wanted: bool) -> None:
    """List files whose path starts with PREFIX."""
    with opened(context) as husk:
        rows = list(_folder(husk, prefix) if folder else husk.files.list(prefix))
    if json_wanted:
        show_json(rows)
        return
    table(("path", "size", "version", "written"), (_row(row) for row in rows))


@files.command()
@click.argument("local", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("path")
@as_json
@click.pass_context
@told
def put(context: click.Context, local: Path, path: str, json_wanted: bool) -> None:
    """Write the file LOCAL to PATH; what was there stays as an older version.

    A large file goes in parts: after a failure the same command goes on where it broke off.
    """
    with opened(context) as husk:
        row = upload(husk, local, path)
    _show(row, json_wanted)


@files.command()
@click.argument("path")
@click.argument("local", type=click.Path(path_type=Path), required=False)
@click.option("--version", type=click.IntRange(1), help="An older version; default: the latest.")
@as_json
@click.pass_context
@told
def get(
    context: click.Context, path: str, local: Path | None, version: int | None, json_wanted: bool
) -> None:
    """Read PATH into the file LOCAL, whole or not at all; default: its own name, here."""
    name = path.rsplit("/", 1)[-1]
    target = Path(name) if local is None else local / name if local.is_dir() else local
    try:
        with opened(context) as husk:
            count = husk.files.download(path, target, version)
    except OSError as error:
        raise BadInput(f"{target}: {error.strerror}") from None
    if json_wanted:
        show_json({"path": path, "local": str(target), "size": count})
    else:
        click.echo(f"{target}  {size(count)}")


@files.command("rm")
@click.argument("path")
@as_json
@click.pass_context
@told
def delete(context: click.Context, path: str, json_wanted: bool) -> None:
    """Delete a file; older versions stay."""
    with opened(context) as husk:
        husk.files.delete(path)
    show_json({"deleted": path}) if json_wanted else click.echo(f"{path} is deleted")


@files.command()
@click.argument("path")
@as_json
@click.pass_context
@told
def versions(context: click.Context, path: str, json_wanted: bool) -> None:
    """List a file's versions, newest first; of a deleted one, too."""
    with opened(context) as husk:
        rows = list(husk.files.versions(path))
    if json_wanted:
        show_json(rows)
        return
    shown = ((row["version"], _state(row), ago(row["created_at"]), row["execution_id"]) for row in rows)
    table(("version", "size", "written", "by execution"), shown)


@files.command()
@click.argument("path")
@click.argument("version", type=click.IntRange(1))
@as_json
@click.pass_context
@told
def restore(context: click.Context, path: str, version: int, json_wanted: bool) -> None:
    """Make an older VERSION of PATH the latest again, as a new version."""
    with opened(context) as husk:
        row = husk.files.restore(path, version)
    _show(row, json_wanted)


def _also(command: click.Command, name: str) -> None:
    """The name that it had before."""
    same = copy(command)
    same.name, same.hidden = name, True
    files.add_command(same)


_also(list_files, "list")
_also(delete, "delete")


def upload(husk: Husk, local: Path, path: str) -> File:
    """Write a local file to a shared path, with a bar where somebody watches."""
    if not sys.stderr.isatty():
        return husk.files.put(path, local)
    with click.progressbar(length=local.stat().st_size, label=path, file=sys.stderr) as shown:
        return husk.files.put(path, local, shown.update)


def _folder(husk: Husk, prefix: str) -> Any:
    return husk.files.folder(prefix if prefix in {"", "/"} or prefix.endswith("/") else f"{prefix}/")


def _row(row: File | str) -> tuple[Any, ...]:
    if isinstance(row, str):
        return row, None, None, None
    return row["path"], size(row["size"]), row["version"], ago(row["created_at"])


def _state(row: File) -> str:
    if row["deleted"]:
        return "deleted"
    return f"{size(row['size'])}, damaged" if row["damaged"] else size(row["size"])


def _show(row: File, json_wanted: bool) -> None:
    if json_wanted:
        show_json(row)
    else:
        click.echo(f"{row['path']}  {size(row['size'])}  version {row['version']}")
