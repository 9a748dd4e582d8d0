"""``husk files``: shared files, seen by every kernel of their owner."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

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


@files.command("list")
@click.argument("prefix", default="")
@as_json
@click.pass_context
@told
def list_files(context: click.Context, prefix: str, json_wanted: bool) -> None:
    """List files whose path starts with PREFIX."""
    with opened(context) as husk:
        rows = list(husk.files.list(prefix))
    if json_wanted:
        show_json(rows)
        return
    table(("path", "size", "version", "written"), (_row(row) for row in rows))


def _row(row: File) -> tuple[Any, ...]:
    return row["path"], size(row["size"]), row["version"], ago(row["created_at"])


@files.command()
@click.argument("local", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("path")
@as_json
@click.pass_context
@told
def put(context: click.Context, local: Path, path: str, json_wanted: bool) -> None:
    """Write the file LOCAL to PATH; what was there stays as an older version."""
    with opened(context) as husk:
        row = upload(husk, local, path)
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
    try:
        with opened(context) as husk:
            count = husk.files.download(path, local)
    except OSError as error:
        raise BadInput(f"{local}: {error.strerror}") from None
    if json_wanted:
        show_json({"path": path, "local": str(local), "size": count})
    else:
        click.echo(f"{local}  {size(count)}")


@files.command()
@click.argument("path")
@as_json
@click.pass_context
@told
def delete(context: click.Context, path: str, json_wanted: bool) -> None:
    """Delete a file; older versions stay."""
    with opened(context) as husk:
        husk.files.delete(path)
    show_json({"deleted": path}) if json_wanted else click.echo(f"{path} is deleted")


def upload(husk: Husk, local: Path, path: str) -> File:
    """Write a local file to a shared path, with a bar where somebody watches."""
    if not sys.stderr.isatty():
        return husk.files.put(path, local)
    with (
        local.open("rb") as source,
        click.progressbar(length=local.stat().st_size, label=path, file=sys.stderr) as shown,
    ):
        return husk.files.put(path, cast(IO[bytes], _Watched(source, shown.update)))


class _Watched:
    """A file that tells of every piece that is read of it."""

    def __init__(self, source: IO[bytes], told: Callable[[int], None]) -> None:
        self._source = source
        self._told = told

    def read(self, count: int = -1) -> bytes:
        """Some bytes; none at the end."""
        piece = self._source.read(count)
        self._told(len(piece))
        return piece
