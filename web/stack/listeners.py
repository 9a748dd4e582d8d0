"""What listens on this host: code in a process kernel can reach all of it."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who listens; ``name`` is empty where it cannot be seen."""

    address: str
    port: int
    pid: int | None
    name: str

    @property
    def on_loopback(self) -> bool:
        """Whether only this host itself reaches it, its containers not among it."""
        return self.address.startswith("127.") or self.address == "::1"

    def __str__(self) -> str:
        return f"{self.address}:{self.port}" + (f" ({self.name})" if self.name else "")


def everybodys() -> list[Listener]:
    """All listening TCP sockets of this host, one a port."""
    found: dict[int, Listener] = {}
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            port = connection.laddr.port
            if port in found and not found[port].on_loopback:
                continue  # the address that reaches farthest is what counts
            found[port] = Listener(connection.laddr.ip, port, connection.pid, _name(connection.pid))
    return [found[port] for port in sorted(found)]


def _name(pid: int | None) -> str:
    try:
        return psutil.Process(pid).name() if pid else ""
    except psutil.Error:
        return ""
