"""A notebook between Husk and a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

JSON_MIME = re.compile(r"application/(.*\+)?json")
"""Kinds of which nbformat takes any JSON; of all others it takes text."""

Outputs = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Cell:
    """``kind`` is ``code`` or ``markdown``; ``outputs`` as nbformat 4.5 has them, lines joined."""

    id: str
    kind: str
    source: str
    outputs: Outputs
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """``title`` is empty where the file says none."""

    title: str
    cells: Sequence[Cell]
