"""Previews of outputs: small and cheap, whatever the table holds, and in the shape that the desk keeps."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from broker_config.wire.flows import LARGEST_OUTPUT_PREVIEW_BYTES
from kernel_worker.runner.previews.outputs import MOST_VALUES, output_preview
from tasks.flow_desk.output_previews import kept


def made(tmp_path: Path, frame: pl.DataFrame, lazy: bool = False) -> dict[str, Any]:
    path = tmp_path / "o.parquet"
    frame.write_parquet(path)
    found = output_preview(frame.lazy() if lazy else frame, str(path), frame.height)
    assert found is not None
    assert len(json.dumps(found, allow_nan=False)) <= LARGEST_OUTPUT_PREVIEW_BYTES
    assert kept(found) == {"note": None, **found}
    return found


@pytest.mark.parametrize("lazy", [False, True])
def test_a_large_output_is_told_by_its_first_rows_and_says_so(tmp_path: Path, lazy: bool) -> None:
    rows = 200_000
    frame = pl.DataFrame({"i": np.arange(rows), "f": np.linspace(0, 1, rows), "s": ["x"] * rows})
    found = made(tmp_path, frame, lazy)
    sampled = MOST_VALUES // 3
    assert (found["kind"], found["rows"], found["sampled"]) == ("frame", rows, sampled)
    assert (found["columns"][0]["min"], found["columns"][0]["max"]) == (0, sampled - 1)
    assert sum(found["columns"][0]["histogram"]["counts"]) == sampled
    assert found["head"][:2] == [[0, 0.0, "x"], [1, frame["f"][1], "x"]]


def test_figures_of_a_small_output_are_of_all_of_it(tmp_path: Path) -> None:
    found = made(tmp_path, pl.DataFrame({"i": [3, None, 5]}))
    assert (found["sampled"], found["columns"][0]["nulls"], found["columns"][0]["mean"]) == (None, 1, 4.0)


HUGE = "y" * 1_000_000
ODD: dict[str, pl.DataFrame] = {
    "no rows": pl.DataFrame(schema={"a": pl.Int64, "s": pl.String}),
    "long texts": pl.DataFrame({"s": [HUGE, None, "a"], "in a list": [[HUGE] * 3, None, []]}),
    "long lists": pl.DataFrame({"l": [list(range(100_000))] * 30, "n": [[[1] * 9_000] * 40] * 30}),
    "structs": pl.DataFrame(
        {
            "s": [{"a": 1, "l": [HUGE]}, None],
            "a": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int8, 2)),
        }
    ),
    "numbers": pl.DataFrame(
        {
            "u": pl.Series([2**64 - 1, 0], dtype=pl.UInt64),
            "f": [float("nan"), float("inf")],
            "d": [Decimal("1.50"), None],
        }
    ),
    "times": pl.DataFrame(
        {
            "t": [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)],
            "d": [dt.timedelta(1)],
            "c": pl.Series(["x"], dtype=pl.Categorical),
        }
    ),
    "bytes": pl.DataFrame({"b": [b"\0" * 100_000, None]}),
    "nothing": pl.DataFrame({"n": [None, None]}),
    "control characters": pl.DataFrame({"a\0b\n<img src=x onerror=alert(1)>": ["\0", "<script>"]}),
    "wide": pl.DataFrame({f"{n:03d}{'c' * 400}": ["z" * 300] * 20 for n in range(130)}),
}


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("name", ODD)
def test_odd_tables_have_previews_that_the_desk_keeps(tmp_path: Path, name: str, lazy: bool) -> None:
    found = made(tmp_path, ODD[name], lazy)
    assert found["columns_total"] == ODD[name].width


def test_rows_of_a_megabyte_are_few(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(60 * 2**20)
    path = tmp_path / "o.parquet"
    frame = pl.DataFrame({"b": [noise[n * 2**20 : (n + 1) * 2**20] for n in range(60)]})
    frame.write_parquet(path)
    found = output_preview(frame.lazy(), str(path), 60)
    assert found is not None
    assert 20 <= found["sampled"] < 40


def test_what_cannot_be_looked_at_has_no_preview_and_is_an_output_all_the_same(tmp_path: Path) -> None:
    assert output_preview(pl.LazyFrame({"a": [1]}), str(tmp_path / "missing"), 1) is None


def test_a_wide_table_keeps_its_rows_rather_than_all_its_columns(tmp_path: Path) -> None:
    found = made(tmp_path, ODD["wide"])
    assert (len(found["columns"]), len(found["head"]), len(found["head"][0])) == (10, 20, 10)
    emoji = made(tmp_path, pl.DataFrame({f"{n}": ["\U0001f600" * 300] * 20 for n in range(3)}))
    assert (len(emoji["columns"]), emoji["head"]) == (3, [])
