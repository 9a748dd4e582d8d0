"""The peer: ipykernel through jupyter_client, as a notebook server uses it."""

from __future__ import annotations

import time
from typing import Any

import psutil
from jupyter_client.manager import KernelManager, start_new_kernel

TIMEOUT_S = 60.0


class Peer:
    """One ipykernel."""

    def __init__(self) -> None:
        began = time.perf_counter()
        self._manager: KernelManager
        self._manager, self._client = start_new_kernel()
        self.start_s = time.perf_counter() - began

    def run(self, code: str) -> float:
        """Seconds from the request until the kernel says that it is idle, all output received."""
        began = time.perf_counter()
        self.finish(self._client.execute(code))
        return time.perf_counter() - began

    def begin(self, code: str) -> str:
        """Send a cell and wait until it has printed something; its message id."""
        message_id = str(self._client.execute(code))
        while True:
            message = self._next()
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == message_id:
                return message_id

    def interrupt(self, message_id: str) -> float:
        """Seconds from the interrupt until the kernel is idle."""
        began = time.perf_counter()
        self._manager.interrupt_kernel()
        self.finish(message_id)
        return time.perf_counter() - began

    def finish(self, message_id: str) -> int:
        """Read until that cell is idle; the number of lines it printed."""
        lines = 0
        while True:
            message = self._next()
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == message_id:
                lines += message["content"]["text"].count("\n")
            if self._is_state(message, message_id, "idle"):
                return lines

    def memory_bytes(self) -> int:
        """Proportional set size of the kernel's process."""
        pid = int(self._manager.provisioner.pid)  # type: ignore[union-attr]
        return int(psutil.Process(pid).memory_full_info().pss)

    def close(self) -> None:
        """End it."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _next(self) -> dict[str, Any]:
        return dict(self._client.get_iopub_msg(timeout=TIMEOUT_S))

    @staticmethod
    def _is_state(message: dict[str, Any], message_id: str, state: str) -> bool:
        return (
            message["parent_header"].get("msg_id") == message_id
            and message["msg_type"] == "status"
            and message["content"]["execution_state"] == state
        )
