"""Embedded Redis and S3 on the gateways of containers' networks, and on no other address besides loopback."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from broker_config.wire.errors import Unavailable
from tasks.broker import translated

if TYPE_CHECKING:
    from tasks.services import Services

KNOCK_S = 1.0
LOOPBACK = "127.0.0.1"

log = logging.getLogger(__name__)


class Doors:
    """Opens them when an engine's networks appear, and again after a restart of Redis. Safe for threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._open: frozenset[str] = frozenset()

    def open(self, gateways: list[str]) -> None:
        """Let kernels behind these addresses in. In a deployment the servers are published there already.

        Raises:
            Unavailable: Redis is away or cannot listen there.
        """
        wanted = frozenset(gateways)
        if self._services.settings.mode != "embedded" or wanted <= self._open:
            return
        with self._lock:
            write(self._services.settings.gateways_file, sorted(wanted))
            self._open_redis(sorted(wanted))
            self._open = wanted

    def check(self, gateways: list[str]) -> None:
        """Look whether they are open, and open them again. Raises ``Unavailable``."""
        if not all(self._listens(address) for address in gateways):
            self._open = frozenset()
        self.open(gateways)

    def _open_redis(self, gateways: list[str]) -> None:
        if all(self._listens(address) for address in gateways):
            return
        client = self._services.redis
        with translated():
            # An unchanged value is not looked at, though the address may have come later than Redis.
            client.config_set("bind", LOOPBACK)
            client.config_set("bind", " ".join([LOOPBACK, *(f"-{address}" for address in gateways)]))
        for address in gateways:
            if not self._listens(address):
                raise Unavailable(f"Redis does not listen on {address}, where kernels look for it")
        log.info("Redis listens on %s as well", ", ".join(gateways))

    def _listens(self, address: str) -> bool:
        port = urlsplit(self._services.settings.embedded_redis_url).port or 6379
        with contextlib.suppress(OSError), socket.create_connection((address, port), KNOCK_S):
            return True
        return False


def write(path: Path, gateways: list[str]) -> None:
    """Note the addresses, whole or not at all. Raises ``OSError``."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(gateways))
    fresh.replace(path)


def read(path: Path) -> list[str]:
    """The addresses that ``write`` noted; none where it did not.

    Raises:
        OSError: the file is there and cannot be read now, so they are not known.
    """
    try:
        known = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return []
    return [str(address) for address in known] if isinstance(known, list) else []
