"""Figures and images: matplotlib, plotly, PIL. Looked up in ``sys.modules``, never imported."""

from __future__ import annotations

import base64
import io
import json
import sys
import weakref
from typing import Any

from kernel_worker.runner.text import clean, safe_repr

DPI = 150
PLOTLY_MIME = "application/vnd.plotly.v1+json"


class Figures:
    """Matplotlib figures: which were shown in this cell, and which are still open."""

    def __init__(self) -> None:
        self._shown: weakref.WeakSet[Any] = weakref.WeakSet()

    def bundle(self, obj: Any, _max_rows: int) -> dict[str, Any] | None:
        """A figure as PNG, tight, 150 dpi; None for anything else."""
        module: Any = sys.modules.get("matplotlib.figure")
        if module is None or not isinstance(obj, module.Figure):
            return None
        self._shown.add(obj)
        picture = io.BytesIO()
        obj.savefig(picture, format="png", dpi=DPI, bbox_inches="tight")
        return _png(picture.getvalue(), obj)

    def count_as_shown(self, figure: Any) -> None:
        """It was published: it is not shown when the cell ends."""
        self._shown.add(figure)

    def take_open(self) -> list[Any]:
        """Close all open figures; those that were not shown yet, in the order of their making."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            self._shown.clear()
            return []
        found = [pyplot.figure(number) for number in pyplot.get_fignums()]
        pyplot.close("all")
        left = [figure for figure in found if figure not in self._shown]
        self._shown.clear()
        return left


def plotly_bundle(obj: Any, _max_rows: int) -> dict[str, Any] | None:
    """A plotly figure as its JSON: its own ``_repr_html_`` would load a script from the net."""
    kinds = (kind.__module__ or "" for kind in type(obj).__mro__)
    if not any(name.partition(".")[0] == "plotly" for name in kinds) or not hasattr(obj, "to_json"):
        return None
    return {PLOTLY_MIME: json.loads(obj.to_json()), "text/plain": f"<{type(obj).__name__}>"}


def image_bundle(obj: Any, _max_rows: int) -> dict[str, Any] | None:
    """A PIL image as PNG."""
    module: Any = sys.modules.get("PIL.Image")
    if module is None or not isinstance(obj, module.Image):
        return None
    picture = io.BytesIO()
    saved = obj if obj.mode in {"1", "L", "LA", "I", "P", "RGB", "RGBA"} else obj.convert("RGB")
    saved.save(picture, format="PNG")
    return _png(picture.getvalue(), obj)


def _png(data: bytes, obj: Any) -> dict[str, Any]:
    return {"image/png": base64.b64encode(data).decode(), "text/plain": clean(safe_repr(obj), 1000)}
