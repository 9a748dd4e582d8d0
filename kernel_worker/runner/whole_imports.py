"""Imports that are not torn in the middle: an interrupt waits until a large package is there as a whole.

Python forgets a module whose import ended by an error, but not what it had imported by then, nor what lies in
C. Of these packages the next import finds pieces that do not fit, until the runner is started anew. They take
a second or two; what else is imported is interrupted as everything is.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from kernel_worker.runner.interrupts import Interrupts

WHOLE = frozenset({"polars", "numpy", "pandas", "pyarrow", "matplotlib", "scipy", "sklearn"})


class Finder:
    """On ``sys.meta_path``: finds these packages as Python does, and shields what loads them."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Called by Python for every import; leaves all but these to the others."""
        if name not in WHOLE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            load = loader.exec_module

            def load_whole(module: ModuleType) -> None:
                self._interrupts.__enter__()
                try:
                    load(module)
                finally:
                    # Raised from here, it would end the import that has just succeeded.
                    self._interrupts.leave_quietly()

            loader.exec_module = load_whole
        return spec


def shield(interrupts: Interrupts) -> None:
    """Called once, at start."""
    sys.meta_path.insert(0, Finder(interrupts))
