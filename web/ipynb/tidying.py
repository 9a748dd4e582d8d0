"""A file's cells before they are validated: what is not kept is left out, lines are joined, ids are there.

What has a wrong type stays as it is: nbformat refuses it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from web.ipynb.cells import JSON_MIME

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_OF_OUTPUT = (
    "output_type",
    "name",
    "text",
    "data",
    "metadata",
    "execution_count",
    "ename",
    "evalue",
    "traceback",
)
_OF_OLD_CELL = ("cell_type", "source", "input", "language", "outputs", "prompt_number", "level")
DEEPEST_HEADING = 6


def tidy_cell(cell: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """A cell of format 4 with an id that is none of ``taken``, which it joins."""
    kind = cell.get("cell_type")
    tidy: dict[str, Any] = {"id": _free(cell.get("id"), taken), "cell_type": kind, "metadata": {}}
    tidy["source"] = joined(cell.get("source", ""))
    if kind == "code":
        tidy["execution_count"] = cell.get("execution_count")
        outputs = cell.get("outputs", [])
        tidy["outputs"] = [tidy_output(one) for one in outputs] if isinstance(outputs, list) else outputs
    elif "attachments" in cell:
        tidy["attachments"] = cell["attachments"]
    return tidy


def tidy_output(output: Any) -> Any:
    """An output of format 4, with what it may lack."""
    if not isinstance(output, dict):
        return output
    tidy = {name: output[name] for name in _OF_OUTPUT if name in output}
    if "text" in tidy:
        tidy["text"] = joined(tidy["text"])
    if tidy.get("output_type") in ("display_data", "execute_result"):
        tidy.setdefault("metadata", {})
        if isinstance(tidy.get("data"), dict):
            tidy["data"] = {
                mime: content if JSON_MIME.fullmatch(mime) else joined(content)
                for mime, content in tidy["data"].items()
            }
    if tidy.get("output_type") == "execute_result":
        tidy.setdefault("execution_count", None)
    return tidy


def tidy_old_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell of format 3. Its headings would be made of as many `#` as it says."""
    tidy = {name: cell[name] for name in _OF_OLD_CELL if name in cell}
    for name in ("source", "input"):
        if name in tidy:
            tidy[name] = joined(tidy[name])
    if type(tidy.get("level")) is int:
        tidy["level"] = min(tidy["level"], DEEPEST_HEADING)
    if tidy.get("cell_type") == "code":
        tidy["metadata"], outputs = {}, tidy.get("outputs", [])
        tidy["outputs"] = [_old_output(one) for one in outputs] if isinstance(outputs, list) else outputs
    return tidy


def joined(value: Any) -> Any:
    """Text that may be a list of lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value


def _old_output(output: Any) -> Any:
    if not isinstance(output, dict):
        return output
    tidy = {
        name: value if name == "traceback" else joined(value)
        for name, value in output.items()
        if name != "metadata"
    }
    return {**tidy, "metadata": {}} if tidy.get("output_type") in ("display_data", "pyout") else tidy


def _free(given: Any, taken: set[str]) -> str:
    found = given if isinstance(given, str) and _ID.fullmatch(given) else secrets.token_hex(4)
    while found in taken:
        found = secrets.token_hex(4)
    taken.add(found)
    return found
