"""Objects as pickles: joblib's for numerical libraries, cloudpickle's for everything else."""

from __future__ import annotations

import os
import pickle
from types import FunctionType
from typing import Any, ClassVar

from kernel_worker.runner.spool import BUFFER_BYTES, path_of, writing
from kernel_worker.runner.stored.faults import DoesNotFit

PROTOCOL = 5


class Sink:
    """A file for the pickler in C. Its ``write`` is Python's own, so that an interrupt can break a dump."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: Any) -> int:
        """Write all of a buffer."""
        view = memoryview(data).cast("B")
        place = 0
        while place < len(view):
            place += os.write(self._fd, view[place:])
        return place


def dump_cloudpickle(obj: Any, file: Any) -> None:
    """Pickle an object; what is defined in a cell goes by value. Large buffers are not copied."""
    try:
        from cloudpickle import CloudPickler
    except ImportError:
        pickle.Pickler(file, protocol=PROTOCOL).dump(obj)
        return
    CloudPickler(file, protocol=PROTOCOL).dump(obj)


def write_cloudpickle(obj: Any, fd: int) -> dict[str, Any]:
    """Write to the file; no meta."""
    dump_cloudpickle(obj, Sink(fd))
    return {}


def write_joblib(obj: Any, fd: int) -> dict[str, Any]:
    """Write to the file, arrays in pieces; no meta.

    Raises:
        DoesNotFit: it refers to something of ``__main__``, which another kernel does not have.
    """
    try:
        from joblib.numpy_pickle import NumpyPickler
    except ImportError:
        raise DoesNotFit("joblib is not installed") from None
    with writing(fd) as file:
        _strict(NumpyPickler)(file, protocol=PROTOCOL).dump(obj)
    return {}


class Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        """Take a buffer."""
        return memoryview(data).nbytes


class Checker(pickle.Pickler):
    """Goes through an object as a pickler does."""

    def persistent_id(self, obj: Any) -> None:
        """Called by the pickler with everything it comes to.

        Raises:
            DoesNotFit: it is of ``__main__``.
        """
        if isinstance(obj, (type, FunctionType)):
            _refuse_main(obj)


def _refuse_main(obj: Any) -> None:
    if getattr(obj, "__module__", None) == "__main__":
        raise DoesNotFit("it refers to what a cell defines")


def _strict(base: Any) -> Any:
    """joblib's pickler, which takes nothing of ``__main__``."""

    class StrictPickler(base):  # type: ignore[misc]
        dispatch: ClassVar[dict[type, Any]] = dict(base.dispatch)

        def save(self, obj: Any) -> None:
            if getattr(getattr(obj, "dtype", None), "hasobject", False) is True:
                Checker(Nowhere(), protocol=PROTOCOL).dump(obj)  # the base leaves it to another pickler
            super().save(obj)

        def save_global(self, obj: Any, name: Any = None) -> None:
            _refuse_main(obj)
            super().save_global(obj, name)

    StrictPickler.dispatch[FunctionType] = StrictPickler.save_global
    return StrictPickler


def read_pickle(fd: int) -> Any:
    """Read what ``write_cloudpickle`` wrote."""
    with open(path_of(fd), "rb", buffering=BUFFER_BYTES) as file:  # noqa: PTH123 (no folder leads there)
        return pickle.load(file)  # noqa: S301 (the runner is where user code's objects belong)


def read_joblib(fd: int) -> Any:
    """Read what ``write_joblib`` wrote."""
    import joblib

    with open(path_of(fd), "rb", buffering=BUFFER_BYTES) as file:  # noqa: PTH123
        return joblib.load(file)
