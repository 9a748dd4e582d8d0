"""A preview of an object: bounded JSON data. Its forms, by ``kind``:

``frame``      ``rows`` (None: not known), ``columns_total``, ``columns``: of the first hundred ``name``,
               ``type``, ``nulls``, ``min``, ``max``, ``mean``, ``histogram`` (``low``, ``high``, ``counts``);
               ``head``: up to 20 rows; ``sampled``: how many rows the figures are of, None for all
``array``      ``shape``, ``dtype``, ``min``, ``max``, ``mean``, ``nan``; ``sampled`` as above, in values
``estimator``  ``html`` (where it is not too long), ``parameters``: name → text
``image``      ``png`` in base64, ``text``
``text``       ``text``

Every preview has ``type``, the object's type in words, and may have ``note``: what was left out.
"""

from __future__ import annotations

import sys
from typing import Any

from broker_config.wire.codec import compact
from broker_config.wire.flows import LARGEST_PREVIEW_BYTES
from kernel_worker.runner.previews.arrays import array_preview
from kernel_worker.runner.previews.estimators import estimator_preview
from kernel_worker.runner.previews.frames import frame_preview
from kernel_worker.runner.previews.pictures import picture_preview
from kernel_worker.runner.previews.words import short_repr
from kernel_worker.runner.stored.choosing import type_of
from kernel_worker.runner.text import clean, safe_str


def preview(obj: Any, path: str = "") -> dict[str, Any]:
    """The preview; never raises for what the object's own code does, but for an interrupt.

    Args:
        path: opens the file that a LazyFrame was written to: it is not computed again.
    """
    name, module = type_of(obj)
    kind = clean(f"{module}.{name}" if module not in {"builtins", "__main__", ""} else name, 300)
    try:
        made = _made(obj, path)
    except Exception as error:  # whatever stands behind an attribute of the object
        made = {
            "kind": "text",
            "text": f"no preview: {clean(f'{type(error).__name__}: {safe_str(error)}', 500)}",
        }
    small: dict[str, Any] = without_nul(fitted({"type": kind, **made}))
    return small


def _made(obj: Any, path: str) -> dict[str, Any]:
    for make in (array_preview, estimator_preview, picture_preview):
        made = make(obj)
        if made is not None:
            return made
    return frame_preview(obj, path) or {"kind": "text", "text": short_repr(obj)}


def fitted(made: dict[str, Any], most_bytes: int = LARGEST_PREVIEW_BYTES) -> dict[str, Any]:
    """At most ``most_bytes``: the head goes first, then the histograms, then all but the type."""
    if _fits(made, most_bytes):
        return made
    if made["kind"] == "frame":
        made = {**made, "head": [], "note": "the rows are left out: they are too large"}
        if _fits(made, most_bytes):
            return made
        plain = [{**column, "histogram": None} for column in made["columns"]]
        made = {**made, "columns": plain, "note": "rows and histograms are left out: they are too large"}
        if _fits(made, most_bytes):
            return made
    return {"type": made["type"], "kind": "text", "text": "", "note": "the preview is too large"}


def _fits(made: dict[str, Any], most_bytes: int) -> bool:
    return len(compact(made)) <= most_bytes


def without_nul(data: Any) -> Any:
    """JSON data whose texts hold no NUL: not every database keeps one."""
    if "\\u0000" not in compact({"": data}):
        return data
    if isinstance(data, dict):
        return {without_nul(key): without_nul(value) for key, value in data.items()}
    if isinstance(data, list):
        return [without_nul(item) for item in data]
    return data.replace("\0", "�") if isinstance(data, str) else data


def is_figure(obj: Any) -> bool:
    """Whether it is a matplotlib figure, which counts as shown when it was published."""
    module: Any = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(obj, module.Figure)
