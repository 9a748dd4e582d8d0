"""The ports of the embedded stack, and who holds one that is taken."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from broker_config.settings import Settings
from web.stack import listeners

INNER_PORTS = 7
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Port:
    """A port that the stack listens on, and the setting that moves it."""

    what: str
    setting: str
    host: str
    number: int


def wanted(settings: Settings) -> list[Port]:
    """All ports of the embedded stack."""
    return [
        Port("the API", "HUSK_WEB_PORT", settings.web_host, settings.web_port),
        Port("Flower", "HUSK_FLOWER_PORT", LOOPBACK, settings.flower_port),
        Port("Redis", "HUSK_REDIS_PORT", LOOPBACK, settings.redis_port),
        Port("the S3 server", "HUSK_S3_PORT", LOOPBACK, settings.s3_port),
        *(
            Port("the S3 server's inside", "HUSK_WEED_PORT", LOOPBACK, settings.weed_port + offset)
            for offset in range(INNER_PORTS)
        ),
    ]


def twice(ports: list[Port]) -> str | None:
    """A sentence about two settings that name one port; None if there are none."""
    seen: dict[int, Port] = {}
    for port in ports:
        other = seen.setdefault(port.number, port)
        if other is not port:
            return f"{port.setting} and {other.setting} both come to port {port.number}: change one of them"
    return None


def trouble(port: Port) -> str | None:
    """Why nobody could listen on ``port`` now, as a sentence; None if one can."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((port.host, port.number))
    except PermissionError:
        return (
            f"port {port.number} for {port.what} may not be used by this user: set {port.setting} to another"
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            by = holder(port.number)
            return (
                f"port {port.number} for {port.what} is taken{by}: end that, or set {port.setting} to another"
            )
        return (
            f"{port.host}:{port.number} for {port.what} cannot be used ({error.strerror}): see {port.setting}"
        )
    return None


def holder(number: int) -> str:
    """`` by NAME (pid N)`` of who listens on a port; empty if that cannot be seen."""
    found = next((one for one in listeners.everybodys() if one.port == number), None)
    return f" by {found.name} (pid {found.pid})" if found and found.name else ""
