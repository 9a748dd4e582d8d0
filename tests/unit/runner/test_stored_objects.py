"""Objects come back from their files as what they were; what cannot be stored is named."""

from __future__ import annotations

import datetime as dt
import decimal
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_worker.runner.spares import Spares
from kernel_worker.runner.spool import Shelf, Spool
from kernel_worker.runner.stored.faults import NotSerializable
from kernel_worker.runner.stored.reading import read
from kernel_worker.runner.stored.writing import write

FRAME = pl.DataFrame(
    {
        **{"a": [1, None], "b": ["x", "y"], "c": [dt.date(2020, 1, 1), None], "l": [[1], []]},
        **{"d": [decimal.Decimal("1.5"), None], "s": [{"k": 1}, {"k": 2}], "t": [dt.time(1), None]},
        "e": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])),
        "u": pl.Series(["a", "b"], dtype=pl.Categorical),
        "r": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int8, 2)),
        "n": pl.Series([None, None]),
    }
)
POLARS = {
    "frame": FRAME,
    "no rows": FRAME.head(0),
    "no columns": pl.DataFrame(),
    "many columns": pl.DataFrame({f"c{n}": [n] for n in range(10_000)}),
    "series": FRAME["s"],
    "series without a name": pl.Series([1.5]),
}
PANDAS = {
    "frame": pd.DataFrame({"a": [1, 2], "s": ["x", None], "t": pd.to_datetime(["2020", "2021"])}),
    "named index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["u", "v"], name="n")),
    "levels": pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("a", 1)], names=["p", None])),
    "days": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D")),
    "texts with NaN": pd.DataFrame({"a": pd.Series(["x", float("nan")], dtype=object)}),
    "texts with None": pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}),
    "categories": pd.DataFrame({"a": pd.Categorical(["a", "b"], ordered=True)}),
    "zone": pd.DataFrame({"a": pd.date_range("2020", periods=2, tz="Europe/Paris")}),
    "nullable": pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
    "nothing": pd.DataFrame(),
    "series": pd.Series([1.5, 2], name="q", index=["a", "b"]),
    "series without a name": pd.Series([1, 2]),
    "index": pd.Index([1, 2], name="z"),
}
NOT_FOR_PARQUET = {
    "mixed": pd.DataFrame({"a": [1, "x"]}),
    "lists": pd.DataFrame({"a": [[1], [2]]}),
    "names that are numbers": pd.DataFrame({0: [1]}),
    "one name twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "complex": pd.DataFrame({"a": [1j]}),
    "numbers as categories": pd.DataFrame({"a": pd.Categorical([1, 2])}),
    "NaN and None": pd.DataFrame({"a": pd.Series(["x", None, float("nan")], dtype=object)}),
    "columns of two levels": pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
}
OTHERS: dict[str, Any] = {
    **{"none": None, "number": 3, "text": "größe", "nested": {"a": [1, {"b": (2, {3})}]}, "bytes": b"\0\xff"},
    **{"type": dt.datetime, "function": len, "exception type": KeyError},
}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, Spares())


@pytest.fixture
def shelf(spool: Spool) -> Iterator[Shelf]:
    made = spool.new_shelf()
    yield made
    made.close()


def back_and_forth(obj: Any, spool: Spool, shelf: Shelf, fmt: str | None = None) -> tuple[str, Any]:
    written = write(obj, "the artifact 'x'", spool, fmt)
    assert os.fstat(written.fd).st_nlink == 0
    return written.format, read(written.fd, written.format, written.meta, "0" * 64, shelf, "the artifact 'x'")


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    compare = {
        pd.DataFrame: pd.testing.assert_frame_equal,
        pd.Series: pd.testing.assert_series_equal,
        pd.Index: pd.testing.assert_index_equal,
    }
    if type(one) in compare:
        compare[type(one)](one, other)
    else:
        assert one.equals(other)


@pytest.mark.parametrize("case", POLARS)
def test_a_polars_frame_comes_back_from_parquet(spool: Spool, shelf: Shelf, case: str) -> None:
    fmt, found = back_and_forth(POLARS[case], spool, shelf)
    assert fmt == "parquet"
    assert_same(found, POLARS[case])
    assert getattr(found, "schema", None) == getattr(POLARS[case], "schema", None)


def test_a_lazy_frame_comes_back_lazy_and_stays_readable(spool: Spool, shelf: Shelf) -> None:
    fmt, found = back_and_forth(FRAME.lazy().select("a", "b"), spool, shelf)
    assert (fmt, type(found)) == ("parquet", pl.LazyFrame)
    assert found.collect().equals(FRAME.select("a", "b"))
    collected: list[pl.DataFrame] = []
    thread = threading.Thread(target=lambda: collected.append(found.select("b").collect()))
    thread.start()
    thread.join(10)
    assert collected[0].equals(FRAME.select("b"))
    assert "1/2 COLUMNS" in found.select("b").explain()
    shelf.close()
    with pytest.raises(FileNotFoundError):
        found.collect()


def test_a_file_on_the_shelf_is_never_taken_for_another(spool: Spool) -> None:
    shelf = spool.new_shelf()
    frames = []
    for n in range(300):
        written = write(pl.LazyFrame({"n": [n]}), "x", spool)
        frames.append(read(written.fd, written.format, written.meta, f"{n:064x}", shelf, "x"))
    assert [frame.collect()["n"].to_list() for frame in frames[-256:]] == [[n] for n in range(44, 300)]
    with pytest.raises(FileNotFoundError):
        frames[0].collect()
    shelf.close()


@pytest.mark.parametrize("case", PANDAS)
def test_a_pandas_frame_comes_back_from_parquet(spool: Spool, shelf: Shelf, case: str) -> None:
    fmt, found = back_and_forth(PANDAS[case], spool, shelf)
    assert fmt == "parquet"
    assert_same(found, PANDAS[case])


@pytest.mark.parametrize("case", NOT_FOR_PARQUET)
def test_a_frame_that_parquet_cannot_hold_goes_another_way(spool: Spool, shelf: Shelf, case: str) -> None:
    fmt, found = back_and_forth(NOT_FOR_PARQUET[case], spool, shelf)
    assert fmt == "cloudpickle"
    assert_same(found, NOT_FOR_PARQUET[case])
    with pytest.raises(ValueError, match="cannot be stored as parquet"):
        write(NOT_FOR_PARQUET[case], "x", spool, "parquet")


def test_an_arrow_table_comes_back_from_parquet(spool: Spool, shelf: Shelf) -> None:
    table = pa.table({"a": [1], "l": [[1]], "d": pa.array(["x"]).dictionary_encode()})
    fmt, found = back_and_forth(table, spool, shelf)
    assert (fmt, found.schema.equals(table.schema), found.equals(table)) == ("parquet", True, True)
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    fmt, found = back_and_forth(pa.table({"u": union}), spool, shelf)
    assert (fmt, found.num_rows) == ("cloudpickle", 1)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(10.0),
        np.asfortranarray(np.ones((3, 4))),
        np.ones((4, 6))[::2, ::3],
        np.array([], dtype="int8"),
        np.array(["a", "bc"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([{"a": 1}, None], dtype=object),
        np.array(5),
    ],
    ids=lambda array: str(array.dtype) + str(array.shape),
)
def test_an_array_goes_by_joblib(spool: Spool, shelf: Shelf, array: np.ndarray[Any, Any]) -> None:
    fmt, found = back_and_forth(array, spool, shelf)
    assert fmt == "joblib"
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tolist() == array.tolist()
    assert found.flags.writeable


@pytest.mark.parametrize("case", OTHERS)
def test_everything_else_goes_by_cloudpickle(spool: Spool, shelf: Shelf, case: str) -> None:
    fmt, found = back_and_forth(OTHERS[case], spool, shelf)
    assert fmt == "cloudpickle"
    assert found == OTHERS[case]
    assert type(found) is type(OTHERS[case])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_kinds_of_arrays_come_back_as_their_kind(spool: Spool, shelf: Shelf) -> None:
    kinds = [np.matrix([[1]]), np.ma.masked_array([1, 2], [0, 1]), np.rec.array([(1, 2.0)]), np.float32(1.5)]
    for obj in kinds:
        _fmt, found = back_and_forth(obj, spool, shelf)
        assert (type(found), str(found)) == (type(obj), str(obj))


def test_an_object_that_refers_to_a_cell_does_not_go_by_joblib(spool: Spool, shelf: Shelf) -> None:
    main = ModuleType("__main__")
    exec("class Own:\n    def __eq__(self, other): return True\ndef f(x): return x + 1", main.__dict__)
    before = sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        for obj in (np.array([main.Own()], dtype=object), np.array([main.f], dtype=object)):
            fmt, found = back_and_forth(obj, spool, shelf)
            assert fmt == "cloudpickle"
            assert type(found[0]).__name__ in {"Own", "function"}
            assert back_and_forth(obj, spool, shelf, "joblib")[0] == "cloudpickle"
    finally:
        sys.modules["__main__"] = before


class Holder:
    def __init__(self, held: Any) -> None:
        self.held = held


class Slotted:
    __slots__ = ("q",)

    def __init__(self, q: Any) -> None:
        self.q = q


class Refuses:
    def __reduce__(self) -> str:
        raise ValueError("no way")


class Hostile:
    def __getstate__(self) -> object:
        raise ZeroDivisionError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")


def closure() -> Any:
    lock = threading.Lock()
    return lambda: lock


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (threading.Lock, "a lock cannot be pickled"),
        (lambda: (i for i in ()), "a generator cannot be pickled"),
        (lambda: Holder({"l": [1, {"lock": threading.Lock()}]}), "its part .held['l'][1]['lock'] (a lock)"),
        (lambda: Slotted(sqlite3.connect(":memory:")), "its part .q (a Connection)"),
        (closure, "variable lock (a lock)"),
        (lambda: [1, Refuses()], "its part [1] (a Refuses) cannot be pickled: ValueError: no way"),
        (lambda: {threading.Lock(): 1}, "(a lock)"),
        (lambda: {Refuses()}, "(a Refuses)"),
        (Hostile, "a Hostile cannot be pickled"),
        (lambda: [Hostile()], "its part [0] (a Hostile)"),
        (lambda: np.array([threading.Lock()], dtype=object), "a ndarray cannot be pickled"),
        (lambda: pl.DataFrame({"o": [object()]}, schema={"o": pl.Object}), "these columns do: 'o'"),
        (lambda: pd.DataFrame({"a": [threading.Lock()]}), "cannot be stored"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_names_the_part_at_fault(spool: Spool, make: Any, words: str) -> None:
    with pytest.raises(NotSerializable) as raised:
        write(make(), "the artifact 'x'", spool)
    assert words in str(raised.value)
    assert str(raised.value).startswith("the artifact 'x' cannot be stored: ")
    assert str(raised.value).endswith("Nothing was published.")


def test_a_nesting_without_end_cannot_be_stored(spool: Spool) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(NotSerializable, match="deep recursion required"):
        write(nested, "the artifact 'x'", spool)
    while nested:  # taken apart by hand: its own end would recurse
        nested = nested[0]


def test_an_object_with_itself_in_it_comes_back(spool: Spool, shelf: Shelf) -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    _fmt, found = back_and_forth(ring, spool, shelf)
    assert found[1] is found


def test_a_missing_package_is_named_when_an_object_is_read(spool: Spool, shelf: Shelf) -> None:
    module = ModuleType("husk_nowhere")
    exec("class Model:\n    pass", module.__dict__)
    sys.modules["husk_nowhere"] = module
    try:
        written = write(module.Model(), "x", spool)
    finally:
        del sys.modules["husk_nowhere"]
    with pytest.raises(ModuleNotFoundError, match="the artifact 'm' needs the module 'husk_nowhere'"):
        read(written.fd, written.format, written.meta, "0" * 64, shelf, "the artifact 'm'")


def test_a_file_that_is_no_parquet_is_an_error_of_its_reader(spool: Spool, shelf: Shelf) -> None:
    for content in (b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1"):
        fd = spool.new_file()
        os.write(fd, content)
        with pytest.raises((pl.exceptions.PolarsError, OSError)):
            read(fd, "parquet", {"kind": "polars.DataFrame"}, "0" * 64, shelf, "x")


def test_no_descriptor_is_left_behind(spool: Spool, shelf: Shelf) -> None:
    back_and_forth([1], spool, shelf)
    back_and_forth(FRAME, spool, shelf)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for obj in ([1], FRAME, np.arange(3), PANDAS["frame"]):
        back_and_forth(obj, spool, shelf)
    for bad in (threading.Lock(), Refuses()):
        with pytest.raises(NotSerializable):
            write(bad, "x", spool)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
