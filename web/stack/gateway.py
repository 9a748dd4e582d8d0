"""The S3 port, and it alone, on the gateways of containers' networks: ``python -m web.stack.gateway``.

The embedded S3 server listens on one address, and the networks may come after it. Bytes are passed on as
they are: what a kernel signed for the gateway's address is checked by the server itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import socket
from collections import Counter

from broker_config.settings import Settings, get_settings
from tasks.kernels import doors
from web.stack.web_server import raise_files

LOOK_S = 1.0
CONNECT_S = 3.0
IDLE_S = 600.0
"""A connection on which nothing moves for so long, either way, is closed."""
KEEPALIVE_S = 60
PIECE_BYTES = 256 * 1024
MOST_CONNECTIONS = 4_000
MOST_PER_SOURCE = 200
"""A kernel is one address: none takes all places."""
OWN_FILES = 64

log = logging.getLogger(__name__)


def places(files: int) -> int:
    """How many connections so many open files are enough for: each takes two."""
    return max(1, min(MOST_CONNECTIONS, (files - OWN_FILES) // 2))


class Gateway:
    """Listens where ``doors`` says, and follows it."""

    def __init__(self, settings: Settings, per_source: int = MOST_PER_SOURCE, idle_s: float = IDLE_S) -> None:
        self._settings = settings
        self._per_source = per_source
        self._idle_s = idle_s
        self._places = places(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._servers: dict[str, asyncio.Server] = {}
        self._open: Counter[str] = Counter()

    async def run(self, stopped: asyncio.Event) -> None:
        """Until ``stopped``."""
        while not stopped.is_set():
            await self._follow()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), LOOK_S)
        for server in self._servers.values():
            server.close()

    async def _follow(self) -> None:
        try:
            wanted = set(doors.read(self._settings.gateways_file))
        except OSError as error:
            log.warning("the gateways are not known, all stays as it is: %s", error)
            return
        for address in self._servers.keys() - wanted:
            self._servers.pop(address).close()
        for address in wanted - self._servers.keys():
            # The network may be gone while the engine is away: it is tried again at the next look.
            with contextlib.suppress(OSError):
                self._servers[address] = await asyncio.start_server(
                    self._serve, address, self._settings.s3_port, limit=PIECE_BYTES, backlog=256
                )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = str((writer.get_extra_info("peername") or [""])[0])
        if self._open[source] >= self._per_source or self._open.total() >= self._places:
            writer.close()
            return
        self._open[source] += 1
        try:
            with contextlib.suppress(OSError, TimeoutError):
                _keep_alive(writer)
                await self._join(reader, writer)
        finally:
            self._open[source] -= 1
            if not self._open[source]:
                del self._open[source]
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both directions, to their ends. Raises ``OSError``; ``TimeoutError``: nothing moved."""
        there = asyncio.open_connection("127.0.0.1", self._settings.s3_port, limit=PIECE_BYTES)
        far_reader, far_writer = await asyncio.wait_for(there, CONNECT_S)
        try:
            async with asyncio.timeout(self._idle_s) as bound:
                await asyncio.gather(
                    self._pass_on(reader, far_writer, bound), self._pass_on(far_reader, writer, bound)
                )
        finally:
            far_writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bound: asyncio.Timeout
    ) -> None:
        """One direction, to its end."""
        try:
            while data := await reader.read(PIECE_BYTES):
                bound.reschedule(asyncio.get_running_loop().time() + self._idle_s)
                writer.write(data)
                await writer.drain()
            with contextlib.suppress(OSError):
                writer.write_eof()
        except OSError:
            writer.close()


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    one = writer.get_extra_info("socket")
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await Gateway(settings).run(stopped)


if __name__ == "__main__":
    raise_files()
    asyncio.run(serve(get_settings()))
