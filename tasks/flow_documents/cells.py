"""The cells of a Python Script node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits
from tasks.flow_documents.fields import a_list, an_object, distinct, matching, text

_CELL = ("id", "code")


def cells_of(settings: Mapping[str, Any], path: str) -> list[dict[str, str]] | None:
    """Cells in the long form ``{"id", "code"}``; None where there are none. Raises ``BadField``.

    ``code`` alone, one text, is one cell; cells that are text alone get an id by their place.
    """
    if settings.get("code") is not None:
        if settings.get("cells") is not None:
            raise BadField("a node has cells, or its code as one text", f"{path}.code")
        return [{"id": "c1", "code": text(settings["code"], f"{path}.code", limits.LARGEST_BYTES)}]
    if settings.get("cells") is None:
        return None
    given = a_list(settings["cells"], f"{path}.cells", limits.MOST_CELLS)
    taken = {one["id"] for one in given if isinstance(one, dict) and isinstance(one.get("id"), str)}
    found = [_cell(one, n, taken, f"{path}.cells[{n}]") for n, one in enumerate(given)]
    distinct([one["id"] for one in found], f"{path}.cells", "a cell's id")
    return found


def _cell(given: Any, place: int, taken: set[str], path: str) -> dict[str, str]:
    if isinstance(given, str):
        return {"id": _free(place, taken), "code": text(given, path, limits.LARGEST_BYTES)}
    one = an_object(given, path, _CELL)
    cell_id = one.get("id")
    return {
        "id": _free(place, taken)
        if cell_id is None
        else matching(cell_id, limits.NODE_ID, f"{path}.id", "1 to 64 letters, digits, '_', '-' and '.'"),
        "code": text(one.get("code"), f"{path}.code", limits.LARGEST_BYTES),
    }


def _free(place: int, taken: set[str]) -> str:
    number = place + 1
    while f"c{number}" in taken:
        number += 1
    taken.add(f"c{number}")
    return f"c{number}"
