"""Environments of process kernels: a virtualenv for each lock, whole or not there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from broker_config.settings import Settings
from tasks.environments.locks import Lock


def has(settings: Settings, digest: str) -> bool:
    """Whether the environment is there, whole, with its Python."""
    raise NotImplementedError


def build(settings: Settings, lock: Lock, say: Callable[[str], None], cancelled: threading.Event) -> None:
    """Build it, unless it is there. ``say`` gets lines of progress.

    Raises:
        EnvironmentFailed: it could not be built, or was cancelled; nothing of it is left.
    """
    raise NotImplementedError


def sizes(settings: Settings) -> dict[str, int]:
    """Bytes by digest of the environments that are there."""
    raise NotImplementedError


def remove(settings: Settings, digest: str) -> None:
    """Remove it, if it is there. No kernel of it may run."""
    raise NotImplementedError


def python_of(settings: Settings, digest: str) -> str:
    """The interpreter that its runners are started with."""
    raise NotImplementedError
