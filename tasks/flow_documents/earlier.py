"""Documents that the ledger kept from before, in today's form. Nothing is refused here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits
from tasks.flow_documents.cells import cells_of
from tasks.flow_documents.parameters import bare


def current(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its parameters and cells in the long form, else as it is.

    Settings that today's rules refuse stay: they are named when it is saved again.
    """
    return {
        **document,
        "nodes": [_node(node) for node in document["nodes"]],
        "parameters": {name: _parameter(one) for name, one in document["parameters"].items()},
    }


def _node(node: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = node["settings"]
    if node["type"] != "python_script" or _is_long(settings):
        return node
    try:
        cells = cells_of(settings, "")
    except BadField:
        return node
    rest = {name: value for name, value in settings.items() if name not in ("code", "cells")}
    return {**node, "settings": rest if cells is None else {**rest, "cells": cells}}


def _is_long(settings: Mapping[str, Any]) -> bool:
    cells = settings.get("cells", ())
    return "code" not in settings and not (isinstance(cells, list) and any(isinstance(c, str) for c in cells))


def _parameter(given: Any) -> dict[str, Any]:
    if isinstance(given, dict) and given.get("type") in limits.PARAMETER_TYPES:
        return given
    # Lists and objects could be said once: they are there as the text of them.
    return bare(given) or {"type": "string", "default": json.dumps(given)}
