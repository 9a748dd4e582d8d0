"""What a runner says of an output is kept only where it has the shape of a preview."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from broker_config.wire.flows import LARGEST_OUTPUT_PREVIEW_BYTES
from tasks.flow_desk.output_previews import kept

COLUMN = {
    **{"name": "<script>", "type": "Int64", "nulls": 0, "min": 1, "max": 2, "mean": 1.5},
    "histogram": {"low": 1, "high": 2, "counts": [1, 1]},
}
GOOD: dict[str, Any] = {
    **{"type": "polars.DataFrame", "kind": "frame", "rows": 2, "columns_total": 1, "columns": [COLUMN]},
    **{"head": [[1], ["<img src=x onerror=alert(1)>"]], "sampled": None, "note": None},
}


def test_a_preview_is_kept_as_it_is_markup_being_text() -> None:
    assert kept(GOOD) == GOOD
    assert kept(None) is None


def nested(depth: int) -> Any:
    made: Any = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    "changes",
    [
        *({"kind": "estimator"}, {"kind": "image", "png": "x"}, {"html": "<b>"}, {"type": 1}, {"rows": -1}),
        *({"rows": "2"}, {"rows": 2**60}, {"columns": {}}, {"columns": [COLUMN] * 101}, {"columns": [1]}),
        *({"columns": [COLUMN | {"more": 1}]}, {"columns": [COLUMN | {"min": {"a": 1}}]}, {"head": "rows"}),
        *({"columns": [COLUMN | {"histogram": {"low": 0, "high": 1, "counts": [0] * 51}}]}, {"head": [1]}),
        *({"head": [[1]] * 21}, {"head": [[1] * 101]}, {"head": [[[1]]]}, {"head": [["x" * 301]]}),
        *({"head": [[float("nan")]]}, {"head": [["\0"]]}, {"head": [["\ud800"]]}, {"head": nested(5_000)}),
        *({"head": [["y" * 300] * 100] * 3}, {"note": "n" * 301}, {"sampled": True}),
    ],
    ids="+".join,
)
def test_what_is_none_is_left_out(changes: dict[str, Any]) -> None:
    assert kept(copy.copy(GOOD) | changes) is None


def test_fields_that_are_missing_are_not_made_up() -> None:
    assert all(
        kept({name: GOOD[name] for name in GOOD if name != gone}) is None for gone in ("kind", "rows", "head")
    )


def test_what_is_large_as_text_is_left_out() -> None:
    rows = LARGEST_OUTPUT_PREVIEW_BYTES // (100 * 300) + 1
    assert kept(GOOD | {"head": [["y" * 300] * 100] * rows}) is None
