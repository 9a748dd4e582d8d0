"""The Python that a node of a valid document runs. What people entered stands in it as literals alone.

It needs nothing but Python, Polars and ``flowfile``, of whichever versions the kernel has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from broker_config.wire.errors import BadField
from broker_config.wire.flows import MUST_PUBLISH
from tasks.flow_documents import limits
from tasks.flow_documents.graph import MAIN, Input
from tasks.flow_documents.inline_tables import inline_table
from tasks.flow_documents.literals import converted, literal, raw_types, types

IMPORTS = ["import flowfile", "import polars as pl", ""]
READERS = {
    "parquet": "pl.scan_parquet(file, glob=False)",
    "csv": "pl.scan_csv(file, glob=False, infer_schema_length=10_000, try_parse_dates=True{})",
    "json_lines": "pl.scan_ndjson(file, infer_schema_length=10_000{})",
}
WRITERS = {"parquet": "sink_parquet", "csv": "sink_csv", "json_lines": "sink_ndjson"}
UNFINISHED = ".husk-tmp-node"
"""Files of that beginning in the folder of shared files are nobody's but the kernel's."""

Node = Mapping[str, Any]
Settings = Mapping[str, Any]


def code_of(node: Node, inputs: Sequence[Input]) -> str:
    """The code of a node.

    Args:
        node: of a valid document.
        inputs: of that node, as ``inputs_of`` gives them.

    Raises:
        BadField: below ``settings``, what the node lacks to be run.
    """
    lines = _BY_TYPE[node["type"]](node["settings"], inputs)
    declared = node["settings"].get("outputs")
    # The kernel looks for this: of a node that publishes nothing it asks nobody otherwise.
    return "\n".join([*lines, "", f"{MUST_PUBLISH}{literal(declared)}"] if declared else lines)


def _needed(settings: Settings, name: str) -> Any:
    found = settings.get(name)
    if found is None:
        raise BadField(f"this node has no {name} yet", f"settings.{name}")
    return found


def _named(known: Mapping[str, str], word: Any, path: str) -> str:
    if not isinstance(word, str) or word not in known:
        raise BadField(f"one of {', '.join(known)} is needed", path)
    return known[word]


# Python Script ----------------------------------------------------------------------------------


def _script(settings: Settings, _inputs: Sequence[Input]) -> list[str]:
    given = settings.get("cells")
    cells = given if given is not None else [] if settings.get("code") is None else [settings["code"]]
    lines: list[str] = []
    for number, cell in enumerate(cells, 1):
        cell_id, code = (f"c{number}", cell) if isinstance(cell, str) else (cell["id"], cell["code"])
        mark = "".join(c if c.isprintable() else "_" for c in cell_id)
        lines += [*([""] if lines else []), f"# %% {mark}", _cell(code).rstrip("\n")]
    return lines


def _cell(code: str) -> str:
    """A cell among others: a magic of whole cells has to be called, since it stands in front of nothing."""
    if not code.lstrip().startswith("%%"):
        return code
    head, _, body = code.lstrip().partition("\n")
    magic, _, line = head[2:].partition(" ")
    return f"get_ipython().run_cell_magic({literal(magic)}, {literal(line.strip())}, {literal(body)})"


# Input ------------------------------------------------------------------------------------------


def _input(settings: Settings, _inputs: Sequence[Input]) -> list[str]:
    source, schema = _needed(settings, "source"), settings.get("schema") or {}
    read = {"file": _read_file, "catalog": _read_catalog, "table": _read_table}.get(source["kind"])
    if read is None:
        raise BadField("a source is a file, the catalog or a table", "settings.source.kind")
    return [*IMPORTS, *read(source, schema), "flowfile.publish_output(table)"]


def _read_file(source: Settings, schema: Mapping[str, str]) -> list[str]:
    form = source.get("format")
    reader = _named(READERS, form, "settings.source.format")
    with_types = reader.format(f", schema_overrides={raw_types(schema)}" if schema else "")
    lines = [
        *_file(source),
        "try:",
        # JSON lines with the type of a column that no line has could not be read at all.
        f"    table = {with_types if form == 'csv' else reader.format('')}",
        "    columns = table.collect_schema()",
        "except FileNotFoundError:",
        '    raise FileNotFoundError(f"there is no shared file {path!r}") from None',
    ]
    if not schema:
        return lines
    again = [f"table = {with_types}"] if form == "json_lines" else []
    to_types = _cast(schema) if form == "parquet" else converted(schema)
    return [*lines, *_complete(schema, "path"), *again, *to_types]


def _read_catalog(source: Settings, schema: Mapping[str, str]) -> list[str]:
    lines = [
        f"name = {literal(source['name'])}",
        f"table = flowfile.get_global(name, {literal(source.get('version'))}, "
        f"{literal(source.get('namespace'))})",
        "if not isinstance(table, (pl.LazyFrame, pl.DataFrame)):",
        "    kind = type(table).__name__",
        "    try:",
        "        table = pl.DataFrame(table)",
        "    except (TypeError, ValueError):",
        '        raise TypeError(f"{name!r} of the catalog is a {kind}, not a table") from None',
    ]
    if not schema:
        return lines
    check = ["table = table.lazy()", "columns = table.collect_schema()", *_complete(schema, "name")]
    return [*lines, *check, *_cast(schema)]


def _read_table(source: Settings, schema: Mapping[str, str]) -> list[str]:
    lines = inline_table(source)
    there = {column["name"] for column in source["columns"]}
    for name in schema:
        if name not in there:
            raise BadField(f"the table has no column {name!r}", "settings.schema")
    return [*lines, *(_cast(schema) if schema else [])]


def _complete(schema: Mapping[str, str], what: str) -> list[str]:
    words = f"{{{what}!r}} has no column {{column!r}}; it has: {{', '.join(columns) or 'none'}}"
    return [
        f"for column in {literal(list(schema))}:",
        "    if column not in columns:",
        f'        raise ValueError(f"{words}")',
    ]


def _cast(schema: Mapping[str, str]) -> list[str]:
    return [f"table = table.cast({types(schema)}, strict=True)"]


def _file(place: Settings) -> list[str]:
    path = place.get("path")
    if isinstance(path, Mapping):
        said = f"flowfile.parameters[{literal(path['parameter'])}]"
    else:
        said = literal(path)
    return [f"path = {said}", "file = flowfile.get_shared_location(path)"]


# SQL --------------------------------------------------------------------------------------------


def _sql(settings: Settings, inputs: Sequence[Input]) -> list[str]:
    names = list(dict.fromkeys(one.name for one in inputs))
    if len(names) == 1 and MAIN not in names:
        names.append(MAIN)
    return [
        *IMPORTS,
        f"query = {literal(_needed(settings, 'query'))}",
        f"tables = {{name: flowfile.read_input(name) for name in {literal(names)}}}",
        "flowfile.publish_output(pl.SQLContext(tables, eager=False).execute(query))",
    ]


# Output -----------------------------------------------------------------------------------------


def _output(settings: Settings, inputs: Sequence[Input]) -> list[str]:
    target = _needed(settings, "target")
    write = {"file": _write_file, "catalog": _write_catalog}.get(target["kind"])
    if write is None:
        raise BadField("a target is a file or the catalog", "settings.target.kind")
    imports, lines = write(target)
    # A node that publishes nothing passes its first input through, which costs nothing.
    through = ["flowfile.publish_output(table)"] if len(inputs) > 1 or settings.get("outputs") else []
    return [*imports, "table = flowfile.read_input()", *lines, *through]


def _write_file(target: Settings) -> tuple[list[str], list[str]]:
    """Beside its place first: half a file would be stored as the newest version."""
    writer = _named(WRITERS, target.get("format"), "settings.target.format")
    lines = [
        *_file(target),
        f"unfinished = os.path.join(os.path.dirname(file), {literal(UNFINISHED)})",
        "try:",
        f"    table.{writer}(unfinished)",
        "    os.replace(unfinished, file)",
        "finally:",
        "    if os.path.exists(unfinished):",
        "        os.remove(unfinished)",
    ]
    return ["import os", "", "import flowfile", ""], lines


def _write_catalog(target: Settings) -> tuple[list[str], list[str]]:
    more = {name: target.get(name) for name in ("description", "tags", "namespace")}
    said = "".join(f", {name}={literal(value)}" for name, value in more.items() if value is not None)
    return ["import flowfile", ""], [f"flowfile.publish_global({literal(target['name'])}, table{said})"]


_BY_TYPE: dict[str, Callable[[Settings, Sequence[Input]], list[str]]] = {
    "python_script": _script,
    "input": _input,
    "sql": _sql,
    "output": _output,
}
assert tuple(_BY_TYPE) == limits.TYPES
