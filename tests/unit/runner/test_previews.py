"""Previews: plain data of bounded size, whatever the object does."""

from __future__ import annotations

import base64
import datetime as dt
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib.figure import Figure
from PIL import Image

from broker_config.wire.flows import LARGEST_PREVIEW_BYTES
from kernel_worker.runner.previews.making import preview


def made(obj: Any, path: str = "") -> dict[str, Any]:
    found = preview(obj, path)
    text = json.dumps(found, allow_nan=False)
    assert len(text) <= LARGEST_PREVIEW_BYTES
    assert "\\u0000" not in text
    return found


def columns_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in found["columns"]}


FRAME = pl.DataFrame(
    {
        "i": [1, 2, None, 5],
        "f": [0.5, float("nan"), float("inf"), 1.5],
        "s": ["b", None, "a", "c"],
        "d": [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1), None],
        "t": [True, False, True, None],
        "l": [[1], [], None, [2]],
    }
)


@pytest.mark.parametrize("form", ["polars", "arrow", "lazy"])
def test_a_frame_shows_its_columns_with_their_figures(tmp_path: Path, form: str) -> None:
    path = tmp_path / "f.parquet"
    FRAME.write_parquet(path)
    forms = {"polars": FRAME, "arrow": FRAME.to_arrow(), "lazy": FRAME.lazy()}
    found = made(forms[form], str(path))
    assert (found["kind"], found["rows"], found["columns_total"], found["sampled"]) == ("frame", 4, 6, None)
    columns = columns_of(found)
    assert columns["i"] == {
        **{"name": "i", "type": "Int64", "nulls": 1, "min": 1, "max": 5, "mean": 8 / 3},
        "histogram": {"low": 1.0, "high": 5.0, "counts": [1, *[0] * 4, 1, *[0] * 13, 1]},
    }
    assert (columns["f"]["min"], columns["f"]["max"], columns["f"]["mean"]) == (0.5, 1.5, 1.0)
    assert sum(columns["f"]["histogram"]["counts"]) == 2
    assert (columns["s"]["min"], columns["s"]["max"], columns["s"]["histogram"]) == ("a", "c", None)
    assert (columns["d"]["min"], columns["t"]["mean"]) == ("2020-01-01", 2 / 3)
    assert found["head"][0] == [1, 0.5, "b", "2020-01-01", True, "[1]"]
    assert found["head"][1][1] is None


def test_a_pandas_frame_and_a_series_show_the_same() -> None:
    frame = pd.DataFrame({"i": [1, 2, 5], "s": ["a", None, "b"], "b": [True, False, True]})
    found = made(frame)
    columns = columns_of(found)
    assert (found["rows"], columns["i"]["min"], columns["i"]["max"], columns["s"]["nulls"]) == (3, 1, 5, 1)
    assert sum(columns["i"]["histogram"]["counts"]) == 3
    assert columns["b"]["mean"] == 2 / 3
    assert found["head"][1] == [2, None, False]
    assert made(frame["i"])["columns"][0]["name"] == "i"
    assert made(pd.Index([1, 2], name="z"))["columns"][0]["name"] == "z"
    assert made(pl.Series("q", [1]))["columns"][0]["name"] == "q"
    twice = made(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert [column["min"] for column in twice["columns"]] == [1, 2]


@pytest.mark.parametrize("frame", [pl.DataFrame(), FRAME.head(0), pd.DataFrame(), pa.table({})], ids=str)
def test_an_empty_frame_has_a_preview(frame: Any) -> None:
    found = made(frame)
    assert (found["kind"], found["rows"], found["head"]) == ("frame", 0, [])


def test_a_wide_and_a_long_frame_are_looked_at_in_part() -> None:
    wide = made(pl.DataFrame({f"c{n}": [n] for n in range(10_000)}))
    assert (wide["columns_total"], len(wide["columns"]), len(wide["head"][0])) == (10_000, 100, 100)
    rows = 2_500_000
    long = made(pl.DataFrame({"a": pl.Series(range(rows), dtype=pl.Int32)}))
    assert (long["rows"], long["sampled"]) == (rows, 2_000_000)
    assert len(long["head"]) == 20


def test_what_is_too_large_goes_the_rows_first() -> None:
    wide = made(pl.DataFrame({f"{n:03d}{'x' * 497}": ["y" * 500] * 20 for n in range(100)}))
    assert (wide["head"], len(wide["columns"])) == ([], 100)
    assert "too large" in wide["note"]


def test_an_array_shows_its_shape_and_figures() -> None:
    found = made(np.array([[1.0, np.nan], [np.inf, 3.0]]))
    assert found == {
        **{"type": "numpy.ndarray", "kind": "array", "shape": [2, 2], "dtype": "float64"},
        **{"min": 1.0, "max": 3.0, "mean": 2.0, "nan": 1, "sampled": None},
    }
    large = made(np.arange(10_000_000, dtype="int32"))
    assert (large["min"], large["sampled"]) == (0, 2_000_000)
    assert made(np.ones((3000, 2000))[::2, ::2])["mean"] == 1.0
    assert made(np.array([], dtype="f8"))["min"] is None
    assert made(np.array([None, {}], dtype=object))["dtype"] == "object"
    assert made(np.array([np.nan]))["nan"] == 1
    assert made(np.array([2**63 - 1]))["max"] == float(2**63 - 1)


def test_pictures_are_thumbnails() -> None:
    figure = Figure(figsize=(6, 4))
    figure.subplots().plot([1, 2, 3])
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (1000, 1000, 3), dtype="uint8"))
    for obj in (figure, Image.new("RGB", (2000, 1000)), Image.new("CMYK", (9, 9)), noise):
        found = made(obj)
        data = base64.b64decode(found["png"])
        assert found["kind"] == "image"
        assert data.startswith(b"\x89PNG")
        assert len(found["png"]) <= 200 * 1024


class Estimator:
    """Stands where scikit-learn's base class does."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"alpha": 0.5, "deep": deep, "long": "x" * 10_000}

    def _repr_html_(self) -> str:
        return "<div>Estimator</div>"


def test_an_estimator_shows_its_html_and_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    base = ModuleType("sklearn.base")
    base.BaseEstimator = Estimator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn.base", base)
    found = made(Estimator())
    assert (found["kind"], found["html"]) == ("estimator", "<div>Estimator</div>")
    assert (found["parameters"]["alpha"], found["parameters"]["deep"]) == ("0.5", "False")
    assert len(found["parameters"]["long"]) < 400
    monkeypatch.setattr(Estimator, "_repr_html_", lambda _self: "x" * 1_000_000)
    assert "html" not in made(Estimator())


class Raises:
    def __repr__(self) -> str:
        raise ValueError("no")


class Huge:
    def __repr__(self) -> str:
        return "x" * 50_000_000


class NoText:
    def __repr__(self) -> str:
        return 3  # type: ignore[return-value]


class Tricky:
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no class")


def test_a_hostile_repr_is_cut_or_told() -> None:
    assert "raised ValueError: no" in made(Raises())["text"]
    assert len(made(Huge())["text"]) < 5_000
    assert "TypeError" in made(NoText())["text"]
    assert made(Tricky())["kind"] == "text"
    assert made("a\0b\ud800")["text"]
    assert made({"k": "a\0b"})["kind"] == "text"


def test_a_container_is_shown_by_its_first_items() -> None:
    text = made(list(range(1_000_000)))["text"]
    assert text.startswith("[0, 1, 2, ")
    assert text.endswith("… (1000000 items)]")
    assert made({"a": [1, (2, {3: [4, [5]]})]})["text"] == "{'a': [1, (2, {…})]}"
    assert made(10**10_000)["text"] == "an int of 33220 bits"
    ring: list[Any] = []
    ring.append(ring)
    assert made(ring)["text"] == "[[[[…]]]]"
    assert made(None) == {"type": "NoneType", "kind": "text", "text": "None"}
