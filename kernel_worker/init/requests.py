"""Requests of the agent: one JSON object with a private socket on which the answer goes back.

``{"op": "attach"}`` → ``{"generation", "pid"}`` with the descriptors [cells, control], or
``{"generation": null}`` while there is no runner; ``{"op": "kill", "generation", "reason", "peak_bytes"}`` →
``{"killed"}``; ``{"op": "ended", "generation"}`` → ``{"ending": {...} or null}``;
``{"op": "ending"}`` → ``{"ending", "asked"}``: whether it ends, and whether by Husk, now or soon;
``{"op": "shutdown", "reason"}`` → ``{}``, after which all ends.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket

LONGEST_REQUEST = 4096
ANSWER_TIMEOUT_S = 1.0


def receive(channel: socket.socket) -> tuple[dict[str, object], socket.socket] | None:
    """The next request and its private socket; None for one that cannot be read or answered."""
    room = socket.CMSG_SPACE(4)
    data, ancillary, _flags, _address = channel.recvmsg(LONGEST_REQUEST, room, socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    if not fds:
        return None
    try:
        private = socket.socket(fileno=fds[0])
    except OSError:
        _close(fds)
        return None
    try:
        request = json.loads(data)
    except ValueError:
        private.close()
        return None
    private.settimeout(ANSWER_TIMEOUT_S)
    return (request if isinstance(request, dict) else {}), private


def _close(fds: array.array[int]) -> None:
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)


def answer(private: socket.socket, content: dict[str, object], fds: list[int]) -> None:
    """Send an answer with descriptors; a requester that is gone is not an error."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds).tobytes())] if fds else []
    with contextlib.suppress(OSError):
        private.sendmsg([json.dumps(content).encode()], rights)
    private.close()
