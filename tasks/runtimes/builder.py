"""A builder's container while it works: its order in, its lines out, its end waited for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed, HuskError, NotFound, Unavailable
from tasks.environments import installer, question
from tasks.environments.running import Ended
from tasks.failpoints import reach
from tasks.runtimes.boot_input import BootInput
from tasks.runtimes.builder_profile import CACHE
from tasks.runtimes.builder_program import AGAIN, ANSWERED, INSTALLER, SAID, SIZE, TIME
from tasks.runtimes.engine import Engine
from tasks.runtimes.profile import ENVIRONMENT

LOOK_S = 0.3
END_S = 15.0
SPARE_S = 20.0
"""The builder bounds itself; this is for one that cannot."""
KEPT_LINES = 50
LONGEST_LINE = 2_000
HEADER = 8
GONE = -1
FOLDERS = (Path("/tmp"), Path(CACHE), Path(ENVIRONMENT))  # noqa: S108 (the container's own)
PIECE = 65_536


class Builder:
    """One container, made and not started."""

    def __init__(self, engine: Engine, settings: Settings, name: str) -> None:
        self._engine = engine
        self._settings = settings
        self._name = name
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._reason = ""
        self._answer: list[str] = []

    def run(
        self, order: bytes, say: Callable[[str], None], cancelled: threading.Event, most_s: float
    ) -> list[str]:
        """Start it and wait until it ended well; the lines of a lock, where it was asked for one.

        Raises:
            EnvironmentFailed: it did not, or was cancelled. Unavailable: the engine is away.
        """
        deadline = time.monotonic() + most_s + SPARE_S
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
            raise EnvironmentFailed("the build was stopped; nothing of it was kept", self._kept)
        self._judge(self._ended())
        return self._answer

    def _listen(
        self, link: socket.socket, say: Callable[[str], None], cancelled: threading.Event, deadline: float
    ) -> None:
        """Until it says no more, is cancelled, or the time is over."""
        for line in lines_of(link, lambda: cancelled.is_set() or time.monotonic() > deadline):
            if line == f"{SAID}{AGAIN}":
                self._kept.clear()
            elif line.startswith(SAID):
                self._reason = line.removeprefix(SAID)
            elif line.startswith(ANSWERED):
                self._answer.append(line.removeprefix(ANSWERED))
            else:
                self._kept.append(line)
                say(installer.hidden(line, FOLDERS))
        if time.monotonic() > deadline:
            raise EnvironmentFailed(self._too_long(), self._kept)

    def _ended(self) -> dict[str, Any]:
        """Its state once it runs no more. Raises ``Unavailable``."""
        deadline, pause = time.monotonic() + END_S, threading.Event()
        while time.monotonic() < deadline:
            try:
                with self._engine.asked("builder") as client:
                    state: dict[str, Any] = client.inspect_container(self._name)["State"]
            except NotFound:
                return {"ExitCode": GONE}
            if state["Status"] in {"exited", "dead"}:
                return state
            pause.wait(LOOK_S)
        raise Unavailable("the builder does not end")

    def _judge(self, state: dict[str, Any]) -> None:
        code = state["ExitCode"]
        if code == 0:
            return
        raise EnvironmentFailed(self._sentence(code, bool(state.get("OOMKilled"))), self._kept)

    def _sentence(self, code: int, starved: bool) -> str:
        if self._reason == INSTALLER:
            return installer.sentence(Ended(1, "", tuple(self._kept)), FOLDERS)
        if self._reason == TIME:
            return self._too_long()
        if self._reason == SIZE:
            most = self._settings.environment_max_gb
            return f"the packages are larger than {most:g} GB, and were given up: HUSK_ENVIRONMENT_MAX_GB"
        if self._reason:
            return self._reason
        if starved:
            limit = self._settings.build_memory_gb
            return f"the build was ended by the system: it needs more than {limit:g} GB: HUSK_BUILD_MEMORY_GB"
        how = "was removed" if code == GONE else f"ended with exit code {code}"
        return f"the builder's container {how} before it was done"

    def unanswered(self, error: EnvironmentFailed) -> HuskError:
        """What is told of a question whose builder failed."""
        if self._reason == INSTALLER:
            return question.failure(1, installer.words(self._kept, FOLDERS))
        if self._reason == TIME:
            limit = self._settings.resolve_timeout_s
            return Unavailable(f"the packages were not resolved within {limit:g} s; try again")
        return Unavailable(f"the packages were not resolved: {error.message}")

    def _too_long(self) -> str:
        return (
            f"the build took longer than {self._settings.build_timeout_s:g} s and was ended: "
            "the package index is slow or does not answer, or HUSK_BUILD_TIMEOUT_S is too short"
        )


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
