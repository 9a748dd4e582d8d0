"""A notebook as a file of format 4.5."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from web.ipynb.cells import Cell

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_ID = 64


def write(title: str, cells: Sequence[Cell]) -> dict[str, Any]:
    """The file. Cells keep their ids where the format allows them; it has no points in them."""
    taken: set[str] = set()
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"title": title, "kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "cells": [_cell(cell, _id(cell.id, taken)) for cell in cells],
    }


def _cell(cell: Cell, cell_id: str) -> dict[str, Any]:
    shared = {"id": cell_id, "cell_type": cell.kind, "metadata": {}, "source": cell.source}
    if cell.kind != "code":
        return shared
    return {**shared, "execution_count": cell.execution_count, "outputs": cell.outputs}


def _id(given: str, taken: set[str]) -> str:
    base = found = _NOT_IN_IDS.sub("-", given)
    number = 1
    while found in taken:
        number += 1
        tail = f"-{number}"
        found = base[: LONGEST_ID - len(tail)] + tail
    taken.add(found)
    return found
