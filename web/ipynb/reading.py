"""A file of format 3 or 4 as a notebook. Its sizes are bounded before nbformat looks at it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from broker_config.wire import names
from broker_config.wire.errors import BadField
from web.ipynb.cells import Cell, File, Outputs
from web.ipynb.tidying import tidy_cell, tidy_old_cell, tidy_output
from web.validation.checked import json_path
from web.validation.json_text import parse_object

MOST_CELLS = 2_000
MOST_OUTPUTS = 10_000
MOST_LINES = 100_000
"""Of tracebacks, which nbformat looks at one by one."""
LONGEST_REASON = 300
LONGEST_TITLE = 200
_IMAGE = re.compile(r"image/(png|jpeg|gif|webp)")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+", re.ASCII)
_TICKS = re.compile(r"`+")


def read(file: Mapping[str, Any]) -> File:
    """The notebook of a file. A raw cell becomes text in a fence; a picture attached to a text part of it.

    Raises:
        BadField: it is of another format, or not as nbformat has it; too many cells or outputs.
    """
    version = file.get("nbformat")
    if version not in (3, 4) or isinstance(version, bool):
        raise BadField("files of nbformat 3 and 4 are read, and this is neither", "nbformat")
    cells = _converted(file) if version == 3 else file.get("cells")
    taken: set[str] = set()
    tidy = [tidy_cell(cell, taken) for cell in _bounded(cells)]
    _validate({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": tidy})
    return File(_title(file.get("metadata")), [_cell(one) for one in tidy])


def checked_outputs(outputs: list[Any], where: str) -> Outputs:
    """Outputs of one cell, lines joined; raises ``BadField`` where nbformat has no such ones."""
    cell = tidy_cell({"cell_type": "code", "outputs": outputs}, set())
    _bounded([cell])
    _validate({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}, where)
    return [tidy_output(one) for one in outputs]


def _bounded(cells: Any) -> list[Any]:
    if not isinstance(cells, list):
        raise BadField("a notebook has a list of cells", "cells")
    if len(cells) > MOST_CELLS:
        raise BadField(f"a notebook has at most {MOST_CELLS} cells", "cells")
    outputs: list[Any] = []
    for number, cell in enumerate(cells):
        if not isinstance(cell, dict):
            raise BadField(f"cells[{number}] is no cell: a cell is an object", f"cells[{number}]")
        found = cell.get("outputs")
        outputs += found if isinstance(found, list) else []
    if len(outputs) > MOST_OUTPUTS:
        raise BadField(f"a notebook's cells have at most {MOST_OUTPUTS} outputs together", "cells")
    told = (one.get("traceback") for one in outputs if isinstance(one, dict))
    if sum(len(lines) for lines in told if isinstance(lines, list)) > MOST_LINES:
        raise BadField(f"tracebacks have at most {MOST_LINES} lines together", "cells")
    return cells


def _validate(notebook: dict[str, Any], where: str = "") -> None:
    # Late: most servers and most requests read no file.
    from nbformat import ValidationError, validate

    try:
        validate(notebook)
    except (ValidationError, LookupError, TypeError, AttributeError) as error:
        # The others: nbformat on its way to say what is wrong.
        path = where or json_path(tuple(getattr(error, "relative_path", ()))) or "cells"
        reason = str(getattr(error, "message", error))[:LONGEST_REASON]
        raise BadField(f"{path} is not as nbformat {notebook['nbformat']} has it: {reason}", path) from None


def _converted(file: Mapping[str, Any]) -> Any:
    """The cells of a file of format 3 as those of format 4."""
    from nbformat import convert, from_dict

    sheets = file.get("worksheets")
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        raise BadField("a file of nbformat 3 has a list of worksheets", "worksheets")
    if len(sheets) > MOST_CELLS:
        raise BadField(f"a file has at most {MOST_CELLS} worksheets", "worksheets")
    cells = [cell for sheet in sheets for cell in _bounded(sheet.get("cells", []))]
    tidy = [tidy_old_cell(cell) for cell in _bounded(cells)]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": tidy}]}
    _validate(old)
    try:
        new = convert(from_dict(old), 4)  # type: ignore[no-untyped-call]
        # JSON within a text has become data: the rules of a body hold for it, too.
        return parse_object(json.dumps(new).encode())["cells"]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadField(f"this cannot be read as nbformat 3: {error}"[:LONGEST_REASON], "worksheets") from None


def _title(metadata: Any) -> str:
    title = metadata.get("title") if isinstance(metadata, dict) else None
    if not isinstance(title, str):
        return ""
    return "".join(c for c in title[:LONGEST_TITLE] if not names.has_control(c)).strip()


def _cell(cell: Mapping[str, Any]) -> Cell:
    kind, source = cell["cell_type"], cell["source"]
    if kind == "code":
        return Cell(cell["id"], "code", source, cell["outputs"], cell["execution_count"])
    if kind == "raw":
        longest = max((len(found) for found in _TICKS.findall(source)), default=0)
        fence = "`" * max(3, longest + 1)
        return Cell(cell["id"], "markdown", f"{fence}\n{source}\n{fence}", [])
    return Cell(cell["id"], "markdown", _with_pictures(source, cell.get("attachments") or {}), [])


def _with_pictures(source: str, attachments: Mapping[str, Any]) -> str:
    """The text with its attached pictures in it: each once, so that it does not grow beyond the file."""
    for name, bundle in attachments.items():
        for mime, data in bundle.items():
            if _IMAGE.fullmatch(mime) and isinstance(data, str) and _BASE64.fullmatch(data):
                there = f"data:{mime};base64,{''.join(data.split())}"
                source = source.replace(f"(attachment:{name})", f"({there})", 1)
                break
    return source
