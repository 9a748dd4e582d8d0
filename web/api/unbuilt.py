"""Fields that are known but not built yet: anything but their default is refused, never ignored."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from broker_config.wire.errors import NotAvailable

DEFAULTS: dict[str, Any] = {
    "packages": [],
    "gpu": False,
    "persistence": True,
    "recovery_mode": "lazy",
    "network": "internet",
    "flavour": "base",
    "allow_sdist": False,
    "auto_restart": False,
    "idle_timeout_s": None,
}
REASONS = {
    "gpu": "a process kernel has no GPU",
    "network": "a process kernel shares its host's network: isolated needs a container",
}


def refuse(body: BaseModel) -> None:
    """Raise ``NotAvailable`` for the first field that asks for what there is not."""
    for name in body.model_fields_set:
        if name in DEFAULTS and getattr(body, name) != DEFAULTS[name]:
            reason = REASONS.get(name, "this is not built yet")
            raise NotAvailable(f"{reason}; allowed is {DEFAULTS[name]!r}".replace("'", '"'), name)
