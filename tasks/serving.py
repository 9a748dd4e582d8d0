"""The frame of a process of the control plane: settings, log, and an end on SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable

from broker_config.settings import get_settings, require_secrets
from broker_config.wire.errors import BadSettings
from tasks.services import Services, make_services

BAD_SETTINGS = 2


def serve(body: Callable[[Services, threading.Event], None]) -> int:
    """Run ``body`` until a signal sets its event; the process's exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = get_settings()
        require_secrets(settings)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SETTINGS
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    services = make_services(settings)
    body(services, stopped)
    services.ledger.dispose()
    return 0
