"""Previews of outputs as they are kept: only what has the shape of one. A runner may say anything."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broker_config.wire.flows import LARGEST_OUTPUT_PREVIEW_BYTES

MOST_COLUMNS, MOST_ROWS, MOST_BINS = 100, 20, 50
LARGEST_EXACT = 2**53
"""Of a number that a browser reads as it was written."""

Whole = Annotated[int, Field(ge=-LARGEST_EXACT, le=LARGEST_EXACT)]
Count = Annotated[int, Field(ge=0, le=LARGEST_EXACT)]
Number = Whole | float
Cell = bool | Whole | float | Annotated[str, Field(max_length=300)] | None


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Bars(_Kept):
    low: Number
    high: Number
    counts: list[Count] = Field(max_length=MOST_BINS)


class _Column(_Kept):
    name: str = Field(max_length=600)
    type: str = Field(max_length=600)
    nulls: Count | None = None
    min: Cell = None
    max: Cell = None
    mean: Cell = None
    histogram: _Bars | None = None


class _Preview(_Kept):
    """See ``kernel_worker.runner.previews.making``, kind ``frame``."""

    type: str = Field(max_length=300)
    kind: Literal["frame"]
    rows: Count | None
    columns_total: Count
    columns: list[_Column] = Field(max_length=MOST_COLUMNS)
    head: list[Annotated[list[Cell], Field(max_length=MOST_COLUMNS)]] = Field(max_length=MOST_ROWS)
    sampled: Count | None = None
    note: str | None = Field(None, max_length=300)


def kept(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """A preview as it is kept; None for what is none, or too large: the output counts without it."""
    if given is None:
        return None
    try:
        found = _Preview.model_validate(given).model_dump(exclude_none=False)
        text = json.dumps(found, separators=(",", ":"), allow_nan=False)
    except (ValidationError, ValueError, RecursionError):
        return None
    return found if len(text) <= LARGEST_OUTPUT_PREVIEW_BYTES and "\\u0000" not in text else None
