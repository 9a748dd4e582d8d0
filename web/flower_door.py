"""What lets the dashboard through to Flower, and nobody else: each process makes it from ``secret_key``."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from broker_config.settings import Settings

PREFIX = "flower"
PURPOSE = b"husk flower door 1"
TASKS = f"/{PREFIX}/tasks/datatable"
"""The one thing that Flower's page asks for by POST: a list, with a long question."""


def credentials(settings: Settings) -> str:
    """Name and password that Flower knows."""
    secret = hmac.new(settings.secret_key.get_secret_value().encode(), PURPOSE, hashlib.sha256).hexdigest()
    return f"husk:{secret}"


def header(settings: Settings) -> dict[str, str]:
    """The header that Flower wants on every request, for its figures and its health, too."""
    return {"Authorization": f"Basic {b64encode(credentials(settings).encode()).decode()}"}


def address(settings: Settings, path: str = f"/{PREFIX}/") -> str:
    """Where Flower listens; asked without ``header`` it answers 401, whatever the path."""
    return f"http://{settings.flower_host}:{settings.flower_port}{path}"
