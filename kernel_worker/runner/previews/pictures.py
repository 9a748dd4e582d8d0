"""Thumbnails of matplotlib figures and PIL images."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from kernel_worker.runner.previews.words import short_repr

LARGEST_BYTES = 150 * 1024  # 200 KB in base64
RESOLUTIONS = (80, 40, 20)
SIDES = (512, 256, 128)


def picture_preview(obj: Any) -> dict[str, Any] | None:
    """Preview of a figure or an image; None for anything else."""
    figures: Any = sys.modules.get("matplotlib.figure")
    if figures is not None and isinstance(obj, figures.Figure):
        return _smallest(obj, _drawn, RESOLUTIONS)
    images: Any = sys.modules.get("PIL.Image")
    if images is not None and isinstance(obj, images.Image):
        return _smallest(obj, _shrunk, SIDES)
    return None


def _smallest(obj: Any, make: Any, sizes: tuple[int, ...]) -> dict[str, Any]:
    for size in sizes:
        data = make(obj, size)
        if len(data) <= LARGEST_BYTES:
            return {"kind": "image", "png": base64.b64encode(data).decode(), "text": short_repr(obj)}
    return {"kind": "text", "text": short_repr(obj), "note": "the picture is too large"}


def _drawn(figure: Any, dpi: int) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, bbox_inches="tight")
    return file.getvalue()


def _shrunk(image: Any, side: int) -> bytes:
    small = image.copy() if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else image.convert("RGB")
    small.thumbnail((side, side))
    file = io.BytesIO()
    small.save(file, format="PNG")
    return file.getvalue()
