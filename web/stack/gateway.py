"""The S3 port, and it alone, on the gateways of containers' networks: ``python -m web.stack.gateway``.

The embedded S3 server listens on one address, and the networks may come after it. Bytes are passed on as
they are: what a kernel signed for the gateway's address is checked by the server itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal

from broker_config.settings import Settings, get_settings
from tasks.kernels import doors

LOOK_S = 1.0
CONNECT_S = 3.0
PIECE_BYTES = 256 * 1024
MOST_CONNECTIONS = 2_000


class Gateway:
    """Listens where ``doors`` says, and follows it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: dict[str, asyncio.Server] = {}
        self._open = 0

    async def run(self, stopped: asyncio.Event) -> None:
        """Until ``stopped``."""
        while not stopped.is_set():
            await self._follow()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), LOOK_S)
        for server in self._servers.values():
            server.close()

    async def _follow(self) -> None:
        wanted = set(doors.read(self._settings.gateways_file))
        for address in self._servers.keys() - wanted:
            self._servers.pop(address).close()
        for address in wanted - self._servers.keys():
            # The network may be gone while the engine is away: it is tried again at the next look.
            with contextlib.suppress(OSError):
                self._servers[address] = await asyncio.start_server(
                    self._serve, address, self._settings.s3_port, limit=PIECE_BYTES, backlog=256
                )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= MOST_CONNECTIONS:
            writer.close()
            return
        self._open += 1
        try:
            with contextlib.suppress(OSError, TimeoutError):
                there = asyncio.open_connection("127.0.0.1", self._settings.s3_port, limit=PIECE_BYTES)
                far_reader, far_writer = await asyncio.wait_for(there, CONNECT_S)
                await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        finally:
            self._open -= 1
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, to its end."""
    try:
        while data := await reader.read(PIECE_BYTES):
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
    except OSError:
        writer.close()


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await Gateway(settings).run(stopped)


if __name__ == "__main__":
    asyncio.run(serve(get_settings()))
