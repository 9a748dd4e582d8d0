"""Warnings of ``flowfile``: in the cell's output, at the line that called."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

_OURS = str(Path(__file__).parent)


class FlowfileWarning(UserWarning):
    """Something was done otherwise than one might think; the cell goes on."""


def tell(text: str) -> None:
    """Warn, each time anew: Python's own memory of warnings would hide the same one in a later cell."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    warnings.warn_explicit(text, FlowfileWarning, frame.f_code.co_filename, frame.f_lineno)
