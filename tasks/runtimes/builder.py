"""A builder's container while it works: its order in, its lines out, its end waited for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed, NotFound, Unavailable
from tasks.failpoints import reach
from tasks.runtimes.boot_input import BootInput
from tasks.runtimes.builder_program import SAID
from tasks.runtimes.engine import Engine

LOOK_S = 0.3
END_S = 15.0
SPARE_S = 20.0
"""The builder bounds itself; this is for one that cannot."""
KEPT_LINES = 50
LONGEST_LINE = 2_000
HEADER = 8
PIECE = 65_536


class Builder:
    """One container, made and not started."""

    def __init__(self, engine: Engine, settings: Settings, name: str) -> None:
        self._engine = engine
        self._settings = settings
        self._name = name
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._reason = ""

    def run(self, order: bytes, say: Callable[[str], None], cancelled: threading.Event) -> None:
        """Start it and wait until it ended well.

        Raises:
            EnvironmentFailed: it did not, or was cancelled. Unavailable: the engine is away.
        """
        deadline = time.monotonic() + self._settings.build_timeout_s + SPARE_S
        with self._engine.asked("builder") as client:
            attached = BootInput(client, self._name, says=True)
        with contextlib.closing(attached):
            with self._engine.asked("builder") as client:
                client.start(self._name)
            reach("build.started")
            try:
                attached.send_more(order)
            except OSError as error:
                raise Unavailable(f"the builder took no order: {error.strerror}") from None
            reach("build.ordered")
            self._listen(attached.socket, say, cancelled, deadline)
        if cancelled.is_set():
            raise EnvironmentFailed("it was cancelled", self._kept)
        self._judge(self._ended())

    def _listen(
        self, link: socket.socket, say: Callable[[str], None], cancelled: threading.Event, deadline: float
    ) -> None:
        """Until it says no more, is cancelled, or the time is over."""
        for line in lines_of(link, lambda: cancelled.is_set() or time.monotonic() > deadline):
            if line.startswith(SAID):
                self._reason = line.removeprefix(SAID)
            else:
                self._kept.append(line)
            say(line.removeprefix(SAID))
        if time.monotonic() > deadline:
            limit = self._settings.build_timeout_s
            raise EnvironmentFailed(f"it took longer than {limit:g} s", self._kept)

    def _ended(self) -> dict[str, Any]:
        """Its state once it runs no more. Raises ``Unavailable``."""
        deadline, pause = time.monotonic() + END_S, threading.Event()
        while time.monotonic() < deadline:
            try:
                with self._engine.asked("builder") as client:
                    state: dict[str, Any] = client.inspect_container(self._name)["State"]
            except NotFound:
                return {"ExitCode": -1}
            if state["Status"] in {"exited", "dead"}:
                return state
            pause.wait(LOOK_S)
        raise Unavailable("the builder does not end")

    def _judge(self, state: dict[str, Any]) -> None:
        code = state["ExitCode"]
        if code == 0:
            return
        if self._reason:
            raise EnvironmentFailed(self._reason, self._kept)
        if state.get("OOMKilled"):
            limit = self._settings.build_memory_gb
            why = f"the builder was ended by the system: out of memory, the limit is {limit:g} GB"
            raise EnvironmentFailed(f"{why} (HUSK_BUILD_MEMORY_GB)", self._kept)
        how = "was removed" if code == -1 else f"ended with exit code {code}"
        raise EnvironmentFailed(f"the builder's container {how} before it was done", self._kept)


def lines_of(link: socket.socket, over: Callable[[], bool]) -> Iterator[str]:
    """Lines of an attached container without a terminal, until it ends or ``over``. The engine sends frames:
    a stream's number, three zeros, four bytes of length, and text. A link that breaks ends them."""
    link.settimeout(LOOK_S)
    raw, text = b"", b""
    while not over():
        try:
            piece = link.recv(PIECE)
        except TimeoutError:
            continue
        except OSError:
            break
        if not piece:
            break
        raw += piece
        while len(raw) >= HEADER and len(raw) >= HEADER + (size := int.from_bytes(raw[4:8])):
            text, raw = text + raw[HEADER : HEADER + size], raw[HEADER + size :]
        *whole, text = text.split(b"\n")
        yield from (line.decode(errors="replace")[:LONGEST_LINE] for line in whole)
        text = text[-PIECE:]
    if text:
        yield text.decode(errors="replace")[:LONGEST_LINE]
