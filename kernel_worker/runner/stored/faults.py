"""What cannot be stored, and where in the object the fault is."""

from __future__ import annotations

import errno
import os
import re
import types
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from time import monotonic
from typing import Any

from kernel_worker.runner.text import clean, safe_repr, safe_str

DEEPEST = 8
MOST_ITEMS = 1_000
SEARCH_S = 3.0
ENOUGH_BYTES = 4 * 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL_IN_WORDS = re.compile(r"\(os error (\d+)\)")  # Polars has an error of its own for it


class NotSerializable(TypeError):
    """The object cannot be stored; nothing was published. The message names the part at fault."""


class DoesNotFit(Exception):
    """The object is sound, but this format cannot hold it; the message says why."""


class Enough(Exception):
    """A trial went well long enough."""


class Scale:
    """A file that keeps nothing: raises ``Enough`` after ``ENOUGH_BYTES``, or when the time is over."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._size = 0

    def write(self, data: Any) -> int:
        """Count the bytes."""
        size = memoryview(data).nbytes
        self._size += size
        if self._size > ENOUGH_BYTES or monotonic() > self._deadline:
            raise Enough
        return size


def not_serializable(
    obj: Any, what: str, error: BaseException, dump: Callable[[Any, Any], object]
) -> NotSerializable:
    """Search the object for the part that fails. ``dump(part, file)`` is how it is stored.

    Bounded in depth and time; user code runs (``__getstate__``), and an interrupt breaks it.
    """
    try:
        path, part, cause = _search(obj, error, dump, monotonic() + SEARCH_S)
    except Exception:  # its own code raises where it is looked at
        path, part, cause = "", obj, error
    kind = clean(type(part).__qualname__, 200)
    where = f"its part {path} (a {kind})" if path else f"a {kind}"
    why = clean(f"{type(cause).__name__}: {safe_str(cause)}".rstrip("."), 1_000)
    return NotSerializable(
        f"{what} cannot be stored: {where} cannot be pickled: {why}. Nothing was published."
    )


def _search(
    obj: Any, error: BaseException, dump: Callable[[Any, Any], object], deadline: float
) -> tuple[str, Any, BaseException]:
    path, part, cause = "", obj, error
    seen = {id(obj)}
    for _ in range(DEEPEST):
        found = _first_bad(part, dump, deadline, seen)
        if found is None:
            break
        step, part, cause = found
        path += step
    return path, part, cause


def _first_bad(
    obj: Any, dump: Callable[[Any, Any], object], deadline: float, seen: set[int]
) -> tuple[str, Any, BaseException] | None:
    for step, child in islice(_parts(obj), MOST_ITEMS):
        if monotonic() > deadline:
            return None
        if type(child) in {str, int, float, bool, bytes, type(None)} or id(child) in seen:
            continue
        seen.add(id(child))
        try:
            dump(child, Scale(deadline))
        except Enough:
            continue
        except Exception as error:
            return step, child, error
    return None


def _parts(obj: Any) -> Iterator[tuple[str, Any]]:
    """What an object is made of, with how it is reached."""
    if isinstance(obj, Mapping):
        yield from ((f"[{clean(safe_repr(key), 100)}]", value) for key, value in list(obj.items()))
        yield from ((f" key {clean(safe_repr(key), 100)}", key) for key in list(obj))
    elif isinstance(obj, (list, tuple)):
        yield from ((f"[{place}]", item) for place, item in enumerate(obj))
    elif isinstance(obj, (set, frozenset)):
        yield from ((f" item {clean(safe_repr(item), 100)}", item) for item in list(obj))
    elif isinstance(obj, types.MethodType):
        yield ".__self__", obj.__self__
    elif isinstance(obj, types.FunctionType):
        yield from _of_function(obj)
    own = getattr(obj, "__dict__", None)
    if isinstance(own, dict):
        yield from ((f".{name}", value) for name, value in list(own.items()) if isinstance(name, str))
    yield from _of_slots(obj)


def _of_slots(obj: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(obj).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if isinstance(name, str) and name not in {"__dict__", "__weakref__"}:
                value = getattr(obj, name, None)
                if value is not None:
                    yield f".{name}", value


def _of_function(obj: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(obj.__code__.co_freevars, obj.__closure__ or (), strict=False):
        try:
            yield f" variable {name}", cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from (
        (f"its variable {n}", obj.__globals__[n]) for n in obj.__code__.co_names if n in obj.__globals__
    )


def disk_full(error: BaseException, what: str) -> OSError | None:
    """What to raise when ``what`` was not written for lack of room; None when that is not the reason."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and type(error).__module__.partition(".")[0] in {"polars", "builtins"}:
        found = FULL_IN_WORDS.search(safe_str(error))
        number = int(found[1]) if found else None
    if number not in FULL:
        return None
    return OSError(
        number,
        f"{what} does not fit on the kernel's disk ({os.strerror(number)}). It was not published; what was "
        "published before is kept. Remove files of this kernel, or publish less",
    )
