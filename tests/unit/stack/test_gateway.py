"""The S3 port on the kernels' gateways: who gets a place there, and for how long. Real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.kernels import doors
from web.stack.gateway import Gateway, places

DOOR = "127.0.0.3"
WAIT_S = 10.0

Near = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Knock = Callable[[str], Awaitable[Near]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The server behind it."""
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


def settings_of(folder: Path) -> Settings:
    """With a free port, on which the gateway's address is noted."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    made = Settings(secret_key=SecretStr("a-secret-of-these-tests"), data_dir=folder, s3_port=port)
    doors.write(made.gateways_file, [DOOR])
    return made


@contextlib.asynccontextmanager
async def running(settings: Settings, per_source: int, idle_s: float) -> AsyncIterator[Knock]:
    """A gateway before ``echo``; what comes opens a connection to it."""
    stopped, opened = asyncio.Event(), contextlib.ExitStack()
    server = await asyncio.start_server(echo, "127.0.0.1", settings.s3_port)
    gateway = asyncio.create_task(Gateway(settings, per_source, idle_s).run(stopped))

    async def knock(source: str) -> Near:
        async with asyncio.timeout(WAIT_S):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    near = await asyncio.open_connection(DOOR, settings.s3_port, local_addr=(source, 0))
                    opened.callback(near[1].close)
                    return near
                await asyncio.sleep(0.01)

    with opened:
        yield knock
    stopped.set()
    await asyncio.wait_for(gateway, WAIT_S)
    server.close()


async def answered(near: Near) -> bool:
    """Whether there is somebody behind it; False: it was closed."""
    near[1].write(b"x")
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(near[0].read(1), WAIT_S) == b"x"
    return False


def test_one_address_cannot_take_the_places_of_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(settings_of(tmp_path), 2, 60.0) as knock:
            first, second = await knock("127.0.0.77"), await knock("127.0.0.77")
            assert await answered(first)
            assert await answered(second)
            assert not await answered(await knock("127.0.0.77"))
            assert await answered(await knock("127.0.0.78"))
            first[1].close()
            async with asyncio.timeout(WAIT_S):
                while not await answered(await knock("127.0.0.77")):
                    await asyncio.sleep(0.01)

    asyncio.run(scenario())


def test_a_connection_on_which_nothing_moves_is_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(settings_of(tmp_path), 2, 0.3) as knock:
            near = await knock("127.0.0.77")
            assert await answered(near)
            assert await asyncio.wait_for(near[0].read(1), WAIT_S) == b""

    asyncio.run(scenario())


def test_gateways_that_cannot_be_read_stay_open(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = settings_of(tmp_path)
        gateway = Gateway(settings)
        await gateway._follow()
        settings.gateways_file.unlink()
        settings.gateways_file.mkdir()
        await gateway._follow()
        assert list(gateway._servers) == [DOOR]
        settings.gateways_file.rmdir()
        await gateway._follow()
        assert list(gateway._servers) == []

    asyncio.run(scenario())


def test_gateways_that_are_not_noted_are_none_and_unreadable_ones_an_error(tmp_path: Path) -> None:
    assert doors.read(tmp_path / "none") == []
    with pytest.raises(OSError, match="directory"):
        doors.read(tmp_path)


def test_there_are_places_for_as_many_as_files_allow() -> None:
    assert places(1024) == 480
    assert places(1_000_000) == 4_000
    assert places(10) == 1
