"""Requests to init. Each goes with a private socket, so that several processes can ask at once."""

from __future__ import annotations

import array
import json
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from broker_config.wire.codec import build
from broker_config.wire.errors import BadMessage, Unavailable

ANSWER_S = 8.0
"""Init answers at once, except that a kill waits for the death of the runner and its children."""
RETRY_S = 0.02
LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Ending:
    """How a runner ended, as init saw it. ``signal`` is a name such as SIGSEGV."""

    generation: str
    exit_code: int | None
    signal: str | None
    kill_reason: str | None
    oom: bool
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class Attached:
    """A runner and the agent's ends of its sockets, which the holder closes."""

    generation: str
    pid: int
    cells: socket.socket
    control: socket.socket


class InitClient:
    """Init, over the channel that it left open at ``fd``. Safe in threads and in forked children."""

    def __init__(self, fd: int) -> None:
        self._channel = socket.socket(fileno=fd)
        self._channel.setblocking(True)

    def close(self) -> None:
        """Close the channel to init."""
        self._channel.close()

    def attach(self, timeout_s: float) -> Attached | None:
        """The current runner's sockets; None when there is no runner within ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        while True:
            answer, fds = self._ask({"op": "attach"})
            if answer.get("generation") and len(fds) == 2:
                cells, control = (socket.socket(fileno=fd) for fd in fds)
                return Attached(answer["generation"], answer["pid"], cells, control)
            for fd in fds:
                os.close(fd)
            if time.monotonic() >= deadline:
                return None
            time.sleep(RETRY_S)

    def kill(self, generation: str, reason: str, peak_bytes: int | None = None) -> bool:
        """End that runner with all its descendants; False when it is not the current one."""
        request = {"op": "kill", "generation": generation, "reason": reason, "peak_bytes": peak_bytes}
        return bool(self._ask(request)[0].get("killed"))

    def ended(self, generation: str, timeout_s: float = 0.0) -> Ending | None:
        """How that runner ended; None when it lives or init does not know it."""
        deadline = time.monotonic() + timeout_s
        while True:
            data = self._ask({"op": "ended", "generation": generation})[0].get("ending")
            if data is not None:
                return build(Ending, data)
            if time.monotonic() >= deadline:
                return None
            time.sleep(RETRY_S)

    def is_ending(self) -> tuple[bool, bool]:
        """Whether the kernel ends, and whether it is Husk that ends it, or is about to."""
        answer = self._ask({"op": "ending"})[0]
        return answer.get("ending") is True, answer.get("asked") is True

    def shutdown(self, reason: str) -> None:
        """End the kernel; init sends SIGTERM to the agent."""
        self._ask({"op": "shutdown", "reason": reason})

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Raises ``Unavailable`` when init does not answer in time."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine:
            try:
                with theirs:
                    rights = array.array("i", [theirs.fileno()]).tobytes()
                    self._channel.sendmsg(
                        [json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                    )
                mine.settimeout(ANSWER_S)
                return _receive(mine)
            except (OSError, ValueError) as error:
                raise Unavailable(f"init did not answer {request['op']}: {error}") from None


def _receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, fds, _flags, _address = socket.recv_fds(sock, LONGEST_ANSWER, 2, socket.MSG_CMSG_CLOEXEC)
    answer = json.loads(data)
    if not isinstance(answer, dict):
        raise BadMessage("init's answer is not an object")
    return answer, fds
