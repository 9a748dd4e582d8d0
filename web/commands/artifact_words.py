"""An artifact on a terminal."""

from __future__ import annotations

import json
from typing import Any

import click

from web.commands.output import ago, size, table

LONGEST_PREVIEW = 4_000


def show_entry(found: dict[str, Any]) -> None:
    """A version of the catalog with its lineage, and the versions of its name."""
    again = f", version {found['promoted_from']} again" if found["promoted_from"] else ""
    click.echo(f"{found['namespace']}::{found['name']}  version {found['version']}{again}")
    _facts(
        {
            "type": f"{found['module']}.{found['python_type']}",
            "size": f"{size(found['size'])} as {found['format']}",
            "made": ago(found["created_at"]),
            "description": found["description"],
            "tags": ", ".join(found["tags"]),
            "by": _producer(found["producer"]),
            "from": ", ".join(found["inputs"]),
            "read by": ", ".join(f"{r['flow_id']}/{r['node_id']}" for r in found["readers"]),
            "became": ", ".join(
                f"{m['namespace']}::{m['name']}@{m['version']}" for m in found["made_from_it"]
            ),
            "damaged": "yes: its bytes are not what was published" if found["damaged"] else "",
        }
    )
    click.echo()
    rows = (
        (v["version"], size(v["size"]), ", ".join(v["tags"]), ago(v["created_at"])) for v in found["versions"]
    )
    table(("version", "size", "tags", "made"), rows)
    _preview(found["preview"])


def show_artifact(found: dict[str, Any]) -> None:
    """A local artifact."""
    click.echo(found["name"])
    _facts(
        {
            "type": f"{found['module']}.{found['type_name']}",
            "size": f"{size(found['size'])} as {found['format']}",
            "made": f"{ago(found['created_at'])} by {found['node_name'] or found['node_id'] or 'a cell'}",
            "damaged": "yes: its bytes are not what was published" if found["damaged"] else "",
        }
    )
    _preview(found["preview"])


def _producer(made: dict[str, Any]) -> str:
    version = f" version {made['flow_version']}" if made["flow_version"] else ""
    return f"flow {made['flow_id']}{version}, node {made['node_id']}, execution {made['execution_id']}"


def _facts(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if value:
            click.echo(f"  {click.style(f'{name:<12}', dim=True)}{value}")


def _preview(preview: dict[str, Any] | None) -> None:
    if preview is None:
        return
    click.echo()
    if preview.get("kind") == "frame":
        _frame(preview)
        return
    text = preview.get("text")
    plain = {name: value for name, value in preview.items() if name not in {"html", "png"}}
    shown = text if isinstance(text, str) and text else json.dumps(plain, indent=1, ensure_ascii=False)
    click.echo(f"{shown[:LONGEST_PREVIEW]}{'…' if len(shown) > LONGEST_PREVIEW else ''}")


def _frame(preview: dict[str, Any]) -> None:
    rows = preview.get("rows")
    click.echo(f"{'' if rows is None else f'{rows:,} × '}{preview.get('columns_total')} columns")
    names = ("name", "type", "nulls", "min", "mean", "max")
    table(names, ([_short(column.get(name)) for name in names] for column in preview.get("columns", [])))


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
