"""What init needs of ``messages.Boot``. The agent checks the whole message against its schema."""

from __future__ import annotations

import json
import math
from typing import BinaryIO


class BadOrder(Exception):
    """Standard input did not hold a boot message."""


class NoOrder(BadOrder):
    """Standard input ended before there was any: who started us died."""


class Order:
    """A boot message as init uses it. ``line`` is the whole of it, for the agent; it holds secrets."""

    __slots__ = (
        *("agent_dir", "agent_uid", "cgroup", "cpu_threads", "env", "file_bytes", "line", "memory_bytes"),
        *("namespaces", "runner_dir", "runner_python", "runner_uid", "shared_dir"),
    )

    def __init__(self, line: bytes) -> None:
        boot = json.loads(line)
        self.line = line
        self.agent_dir: str = boot["agent_dir"]
        self.runner_dir: str = boot["runner_dir"]
        self.shared_dir: str = boot["shared_dir"]
        self.runner_python: str = boot["runner_python"]
        self.agent_uid: int | None = boot.get("agent_uid")
        self.runner_uid: int | None = boot.get("runner_uid")
        self.cgroup: str | None = boot.get("cgroup")
        self.env: dict[str, str] = boot.get("env") or {}
        self.memory_bytes: int = boot["limits"]["memory_bytes"]
        self.file_bytes: int | None = boot["limits"].get("file_bytes")
        self.namespaces: int = boot["limits"]["namespaces"]
        self.cpu_threads: int = max(1, math.ceil(boot["limits"]["cpu_cores"]))


def read_order(stream: BinaryIO) -> Order:
    """Read the one line.

    Raises:
        NoOrder: nothing came.
        BadOrder: it is not a boot message; its content is not repeated, for it holds secrets.
    """
    line = stream.readline()
    if not line:
        raise NoOrder("standard input ended without a boot message")
    try:
        return Order(line)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadOrder(f"standard input held no boot message ({type(error).__name__})") from None
