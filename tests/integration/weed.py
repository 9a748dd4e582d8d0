"""A real embedded S3 server with a data folder and ports of its own."""

from __future__ import annotations

import os
import random
import secrets
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError
from tasks.objects.store import ObjectStore
from web.stack import objects

START_S = 20.0
STOP_S = 10.0
POLL_S = 0.05
PORTS_OF_ONE = 8
HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
SIDES = ("master", "volume", "filer", "s3")


def until(what: str, holds: Callable[[], bool], seconds: float) -> float:
    """Wait until ``holds()``; returns the seconds it took, fails after ``seconds``."""
    begin = time.monotonic()
    pause = threading.Event()
    while not holds():
        if time.monotonic() - begin > seconds:
            pytest.fail(f"{what}: not within {seconds} s")
        pause.wait(POLL_S)
    return time.monotonic() - begin


def free_ports(count: int) -> int:
    """The first of ``count`` ports in a row that nothing listens on."""
    for _ in range(200):
        first = random.randrange(20_000, 32_000)
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(closing(socket.create_server(("127.0.0.1", port))))
            except OSError:
                continue
            return first
    raise RuntimeError("no free ports")


def weed_settings(data_dir: Path) -> Settings:
    """Settings of a stack below ``data_dir`` on free ports."""
    first = free_ports(PORTS_OF_ONE)
    return Settings(
        data_dir=data_dir,
        s3_port=first,
        weed_port=first + 1,
        s3_secret_key=SecretStr(secrets.token_urlsafe(32)),
    )


def answers_grpc(port: int, tls: bool) -> bool:
    """Whether a client that shows no certificate gets an answer to its HTTP/2 greeting."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=2)
    with ExitStack() as opened:
        opened.enter_context(plain)
        try:
            stream = opened.enter_context(_anyone().wrap_socket(plain)) if tls else plain
            stream.sendall(HTTP2_GREETING)
            return stream.recv(9) != b""
        except OSError:
            return False


def _anyone() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


class Weed:
    """One embedded S3 server that a test may stop, freeze, kill and start again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = ObjectStore(settings)
        self._log = settings.data_dir / "weed.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it stores; returns the seconds that took."""
        objects.write_config(self.settings)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                objects.command(self.settings), stdout=log, stderr=log, start_new_session=True
            )
        return until(f"weed stores, see {self._log}", self._stores, START_S)

    def server(self) -> psutil.Process:
        """The process that serves: ``timeout`` is its parent."""
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        return next(iter(process.children(recursive=True)), process)

    def stop(self) -> float:
        """SIGTERM to what was started, and wait; returns the seconds that took."""
        assert self._process is not None
        begin = time.monotonic()
        self._process.terminate()
        self._process.wait(STOP_S)
        return time.monotonic() - begin

    def kill(self) -> None:
        """End all of it at once, frozen or not."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_S)

    def sweep(self) -> None:
        """Remove what a killed weed leaves outside its folder: it names these sockets itself."""
        for side, port in zip(
            SIDES, range(self.settings.weed_port + 3, self.settings.weed_port + 7), strict=True
        ):
            Path(f"/tmp/seaweedfs-{side}-grpc-{port}.sock").unlink(missing_ok=True)

    def _stores(self) -> bool:
        try:
            self.store.ensure_bucket()
            self.store.probe()
        except HuskError:
            return False
        return True


def read(store: ObjectStore, key: str, offset: int = 0, length: int | None = None) -> bytes:
    """An object, or some of it."""
    with store.open(key, offset, length) as download:
        return b"".join(download)


def running_weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """Body of a fixture: one server, ended afterwards whatever happened to it."""
    weed = Weed(weed_settings(tmp_path_factory.mktemp("weed")))
    try:
        weed.start()
        yield weed
    finally:
        weed.kill()
        weed.sweep()
