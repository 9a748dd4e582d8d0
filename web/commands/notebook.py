"""``husk notebook``: notebooks out of Jupyter's files and into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from broker_config.wire.errors import BadInput, HuskError
from web.client import Husk
from web.commands import named
from web.commands.door import opened
from web.commands.exits import told
from web.commands.output import ago, as_json, show_json, table

LARGEST_BYTES = 256 * 1024 * 1024
"""Of a file that is read at all; what is too large to be kept the server says."""


@click.group()
def notebook() -> None:
    """Notebooks without a flow. NOTEBOOK is an id, or a name that one notebook has."""


@notebook.command("list")
@as_json
@click.pass_context
@told
def list_notebooks(context: click.Context, json_wanted: bool) -> None:
    """List one's own notebooks, the last saved first."""
    with opened(context) as husk:
        rows = list(husk.notebooks.list())
    if json_wanted:
        show_json(rows)
        return
    table(
        ("id", "name", "kernel", "cells", "version", "saved"),
        (
            (r["id"], r["name"], r["kernel_name"], r["cell_count"], r["version"], ago(r["updated_at"]))
            for r in rows
        ),
    )


@notebook.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Default: the file's.")
@click.option("--kernel", help="Kernel that the page sends its cells to.")
@as_json
@click.pass_context
@told
def import_file(
    context: click.Context, file: Path, name: str | None, kernel: str | None, json_wanted: bool
) -> None:
    """Make a notebook of an .ipynb file of format 3 or 4; outputs are kept."""
    document = _read(file)
    with opened(context) as husk:
        made = husk.notebooks.import_file(document, name or file.stem, kernel)
    show_json(made) if json_wanted else click.echo(
        f"{made['name']}  {made['id']}  {made['cell_count']} cells"
    )


@notebook.command("export")
@click.argument("notebook_ref", metavar="NOTEBOOK")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: the screen.")
@as_json
@click.pass_context
@told
def export(context: click.Context, notebook_ref: str, output: Path | None, json_wanted: bool) -> None:
    """Write a notebook as an .ipynb file of format 4.5, with what its cells put out last."""
    with opened(context) as husk:
        notebook_id = find(husk, notebook_ref)
        file = husk.notebooks.export_file(notebook_id)
    text = json.dumps(file, indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HuskError(f"{output} cannot be written: {error.strerror}") from None
    told_ = {"id": notebook_id, "cells": len(file["cells"]), "output": str(output)}
    show_json(told_) if json_wanted else click.echo(f"{output}  {len(file['cells'])} cells")


@notebook.command()
@click.argument("notebook_ref", metavar="NOTEBOOK")
@click.confirmation_option(
    prompt="Delete the notebook, its versions, what its cells put out and their local artifacts? "
    "Cells of it that wait or run are cancelled."
)
@as_json
@click.pass_context
@told
def delete(context: click.Context, notebook_ref: str, json_wanted: bool) -> None:
    """Delete a notebook with its versions, its cells' outputs and their local artifacts."""
    with opened(context) as husk:
        notebook_id = find(husk, notebook_ref)
        husk.notebooks.delete(notebook_id)
    show_json({"deleted": notebook_id}) if json_wanted else click.echo(f"{notebook_ref} is deleted")


def find(husk: Husk, ref: str) -> str:
    """The id of the notebook that is meant; raises as ``named.find``."""
    return named.find("notebook", ref, husk.notebooks.get, lambda: husk.notebooks.list(ref[:200]))


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise BadInput(f"{path} is larger than {LARGEST_BYTES / 1e6:.0f} MB")
        found = json.loads(data)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no notebook: it is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} is no notebook: it is not a JSON object")
    return found
