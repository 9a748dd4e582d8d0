"""An object into a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kernel_worker.runner.spool import Spool, written
from kernel_worker.runner.stored.arrow_tables import write_arrow
from kernel_worker.runner.stored.choosing import CLOUDPICKLE, JOBLIB, PARQUET, choose, frame_kind
from kernel_worker.runner.stored.faults import DoesNotFit, NotSerializable, disk_full, not_serializable
from kernel_worker.runner.stored.pandas_frames import write_pandas
from kernel_worker.runner.stored.pickles import dump_cloudpickle, write_cloudpickle, write_joblib
from kernel_worker.runner.stored.polars_frames import sinks_by_path, write_polars


@dataclass(frozen=True, slots=True)
class Written:
    """A file with an object in it, which only can be read. Whoever has it closes ``fd``."""

    fd: int
    format: str
    meta: dict[str, Any]


def write(obj: Any, what: str, spool: Spool, fmt: str | None = None) -> Written:
    """Write an object to a new file.

    Args:
        what: what it is called in an error: ``the artifact 'x'``.
        fmt: one of ``wire.flows.FORMATS``, or None for the one that fits the type.

    Raises:
        NotSerializable: no format holds it; the message names the part at fault.
        ValueError: not what ``fmt`` can hold.
        OSError: the kernel's disk is full.
    """
    chosen = fmt or choose(obj)
    why = ""
    if chosen == PARQUET:
        if frame_kind(obj) is None:
            raise ValueError(f"only a frame, a series or a table is stored as parquet, not a {_name(obj)}")
        written = _attempt(obj, what, spool, PARQUET)
        if isinstance(written, Written):
            return written
        why = str(written)
        if fmt == PARQUET:
            raise ValueError(f"{what} cannot be stored as parquet: {why}. Nothing was published.")
    if chosen == JOBLIB:
        written = _attempt(obj, what, spool, JOBLIB)
        if isinstance(written, Written):
            return written
    return _as_pickle(obj, what, spool, why)


def _as_pickle(obj: Any, what: str, spool: Spool, why: str) -> Written:
    kind = frame_kind(obj)
    lazy = kind == "polars.LazyFrame"
    written = _attempt(obj.collect() if lazy else obj, what, spool, CLOUDPICKLE)
    if isinstance(written, Written):
        return Written(written.fd, CLOUDPICKLE, {"kind": kind} if kind else {})
    if why:
        raise NotSerializable(f"{what} cannot be stored: {why}. Nothing was published.") from written
    raise not_serializable(obj, what, written, dump_cloudpickle) from written


def _attempt(obj: Any, what: str, spool: Spool, fmt: str) -> Written | Exception:
    """The file, or what kept this format from holding the object."""
    kind = frame_kind(obj)
    writer = _writer(fmt, kind)
    fd = spool.new_file(by_path=fmt == PARQUET and kind == "polars.LazyFrame" and sinks_by_path())
    try:
        meta = writer(obj, fd)
    except BaseException as error:
        os.close(fd)
        full = disk_full(error, what)
        if full is not None:
            raise full from error
        if fmt != PARQUET and isinstance(error, Exception) and not isinstance(error, MemoryError):
            return error
        if isinstance(error, DoesNotFit):
            return error
        raise
    return Written(written(fd), fmt, {"kind": kind, **meta} if fmt == PARQUET else meta)


def _writer(fmt: str, kind: str | None) -> Callable[[Any, int], dict[str, Any]]:
    if fmt == JOBLIB:
        return write_joblib
    if fmt == CLOUDPICKLE or kind is None:
        return write_cloudpickle
    homes = {"polars": write_polars, "pandas": write_pandas, "pyarrow": write_arrow}
    return homes[kind.partition(".")[0]]


def _name(obj: Any) -> str:
    return type(obj).__qualname__
