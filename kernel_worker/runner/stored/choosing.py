"""Which format an object is stored in, from its type alone. Nothing is imported for it."""

from __future__ import annotations

import sys
from typing import Any

JOBLIB_HOMES = frozenset({"numpy", "scipy", "sklearn", "xgboost", "lightgbm"})
PARQUET, JOBLIB, CLOUDPICKLE = "parquet", "joblib", "cloudpickle"
FRAMES = {
    "polars": ("DataFrame", "LazyFrame", "Series"),
    "pandas": ("DataFrame", "Series"),
    "pyarrow": ("Table",),
}


def choose(obj: Any) -> str:
    """``parquet``, ``joblib`` or ``cloudpickle``: the first that is meant for this type.

    A frame that Parquet cannot hold, and what refers to ``__main__``, is known when it is written.
    """
    if frame_kind(obj) is not None:
        return PARQUET
    kind = type(obj)
    if kind.__name__ == "matrix":  # joblib would give back a plain array
        return CLOUDPICKLE
    return JOBLIB if _home(kind) in JOBLIB_HOMES else CLOUDPICKLE


def frame_kind(obj: Any) -> str | None:
    """``polars.LazyFrame`` and its like; None for anything else, subclasses too: they would not come back."""
    kind = type(obj)
    home = _home(kind)
    library = sys.modules.get(home) if home in FRAMES else None
    if library is None:
        return None
    for name in FRAMES[home]:
        if getattr(library, name, None) is kind:
            return f"{home}.{name}"
    index = getattr(library, "Index", None) if home == "pandas" else None
    return "pandas.Index" if isinstance(index, type) and isinstance(obj, index) else None


def _home(kind: type) -> str:
    module = getattr(kind, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


def type_of(obj: Any) -> tuple[str, str]:
    """Name and module of an object's type."""
    kind = type(obj)
    module = getattr(kind, "__module__", None)
    return kind.__qualname__, module if isinstance(module, str) else ""
