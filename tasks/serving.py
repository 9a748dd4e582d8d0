"""The frame of a process of the control plane: settings, log, and an end on SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from broker_config.settings import get_settings, require_secrets
from broker_config.wire.errors import BadSettings
from tasks.figures.processes import announce
from tasks.services import Services, make_services

BAD_SETTINGS = 2
LONGEST_END_S = 1.5


def serve(role: str, body: Callable[[Services, threading.Event], None]) -> int:
    """Run ``body`` until a signal sets its event; the process's exit code. ``role``: what pages call it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = get_settings()
        require_secrets(settings)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SETTINGS
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()
        # A call to a server that hangs may wait for longer; what is cut off is done again at the next start.
        cut = threading.Timer(LONGEST_END_S, os._exit, (0,))
        cut.daemon = True
        cut.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    services = make_services(settings)
    announce(services.redis, role, stopped)
    body(services, stopped)
    services.ledger.dispose()
    return 0
