"""What gunicorn serves: ``gunicorn "web.wsgi:create()"``, one process, threads."""

from __future__ import annotations

import sys

from flask import Flask

from broker_config.memory import give_back_large_blocks, loading
from broker_config.settings import get_settings, require_secrets

SWITCH_S = 0.001
"""An event waits at most so long for a thread that computes; Python's own 5 ms are a cell's whole way."""


def create() -> Flask:
    """The application with the environment's settings.

    Raises:
        BadSettings: a setting is unknown or out of range, or a secret is missing or short.
    """
    settings = get_settings()
    require_secrets(settings)
    sys.setswitchinterval(SWITCH_S)
    give_back_large_blocks()
    with loading():
        from tasks.services import make_services
        from web.app import make_app

        return make_app(make_services(settings))
