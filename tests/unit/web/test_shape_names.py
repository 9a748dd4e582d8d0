"""Shapes and bodies have names of their own: of two with one name the OpenAPI document would keep one."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict

from pydantic import BaseModel

import web.api


def _is_shown(model: type) -> bool:
    # A query's fields stand in the document each by itself.
    return model.__module__.startswith("web.") and not model.__name__.endswith("Query")


def models() -> dict[str, set[str]]:
    """Name of a model → the modules that define one of that name."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in pkgutil.walk_packages(web.api.__path__, "web.api."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, BaseModel) and _is_shown(one):
                found[one.__name__].add(one.__module__)
    return found


def test_no_two_shapes_or_bodies_have_one_name() -> None:
    found = models()
    assert len(found) > 100
    assert {name: where for name, where in found.items() if len(where) > 1} == {}
