"""``figure.show()`` of plotly shows in the cell: it is told so when user code imports it, never before."""

from __future__ import annotations

import json
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from kernel_worker.runner.flowfile.session import session_or_none

RENDERERS = "plotly.io._renderers"
NAME = "husk"
MIME = "application/vnd.plotly.v1+json"


class Finder:
    """On ``sys.meta_path`` until the module that chooses plotly's renderer is imported."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Called by Python for every import; leaves all but one to the others."""
        if name != RENDERERS:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            load = loader.exec_module

            def load_and_choose(module: ModuleType) -> None:
                load(module)
                choose_ours(module)

            loader.exec_module = load_and_choose
        return spec


def watch() -> None:
    """Called once, at start."""
    sys.meta_path.insert(0, Finder())


def choose_ours(module: Any) -> None:
    """Add our renderer, and make it the usual one unless the kernel's environment names another."""

    class Renderer(module.ExternalRenderer):  # type: ignore[misc]
        def render(self, fig_dict: dict[str, Any]) -> None:
            here = session_or_none()
            if here is not None:
                text = sys.modules["plotly.io"].to_json(fig_dict, validate=False)
                here.presenter.show({MIME: json.loads(text), "text/plain": "<Figure>"})

    module.renderers[NAME] = Renderer()
    if "PLOTLY_RENDERER" not in os.environ:
        module.renderers.default = NAME
