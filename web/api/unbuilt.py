"""Fields that are known but not built yet: anything but their default is refused, never ignored."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from broker_config.wire.errors import NotAvailable

DEFAULTS: dict[str, Any] = {
    "persistence": True,
    "recovery_mode": "lazy",
}


def refuse(body: BaseModel) -> None:
    """Raise ``NotAvailable`` for the first field that asks for what there is not."""
    for name in body.model_fields_set:
        if name in DEFAULTS and getattr(body, name) != DEFAULTS[name]:
            allowed = f"this is not built yet; allowed is {DEFAULTS[name]!r}"
            raise NotAvailable(allowed.replace("'", '"'), name)
