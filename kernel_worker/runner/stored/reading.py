"""A file back into the object that was written."""

from __future__ import annotations

import os
from typing import Any

from kernel_worker.runner.spool import Shelf, path_of
from kernel_worker.runner.stored.arrow_tables import read_arrow
from kernel_worker.runner.stored.choosing import JOBLIB, PARQUET
from kernel_worker.runner.stored.pandas_frames import read_pandas
from kernel_worker.runner.stored.pickles import read_joblib, read_pickle
from kernel_worker.runner.stored.polars_frames import read_polars

LAZY = "polars.LazyFrame"


def read(fd: int, fmt: str, meta: dict[str, Any], sha256: str, shelf: Shelf, what: str) -> Any:
    """The object. Takes over the descriptor: a LazyFrame keeps its file on the shelf.

    Raises:
        ModuleNotFoundError: this kernel lacks a package that the object needs; the message names it.
        Exception: whatever the object's own code raises when it is loaded.
    """
    if is_lazy(fmt, meta):
        return read_polars(LAZY, shelf.put(sha256, fd))
    return load(fd, fmt, meta, what)


def is_lazy(fmt: str, meta: dict[str, Any]) -> bool:
    """Whether nothing of it is read before it is collected."""
    return fmt == PARQUET and meta.get("kind") == LAZY


def load(fd: int, fmt: str, meta: dict[str, Any], what: str) -> Any:
    """As ``read``, of what is in memory as a whole then."""
    kind = str(meta.get("kind") or "")
    try:
        found = _loaded(fd, fmt, kind, meta)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} needs the module {error.name!r}, which this kernel does not have: "
            "add its package to the kernel",
            name=error.name,
        ) from error
    finally:
        os.close(fd)
    return found.lazy() if kind == LAZY else found


def _loaded(fd: int, fmt: str, kind: str, meta: dict[str, Any]) -> Any:
    if fmt == JOBLIB:
        return read_joblib(fd)
    if fmt != PARQUET:
        return read_pickle(fd)
    if kind.startswith("pandas."):
        return read_pandas(kind, fd, meta)
    if kind.startswith("pyarrow."):
        return read_arrow(fd)
    return read_polars(kind, path_of(fd))
