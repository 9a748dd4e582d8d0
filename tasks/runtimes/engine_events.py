"""The engine's events about our containers: word of a death comes at once, and looking can be rarer."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

import docker

from broker_config.settings import Settings
from tasks.runtimes.connection import connect
from tasks.runtimes.instance import INSTANCE

AGAIN_S = 1.0
ENDING = ("die", "oom", "destroy", "start", "pause", "unpause")

log = logging.getLogger(__name__)


class EngineEvents:
    """Call ``run`` in a thread of its own; without it nothing is heard, and all goes by looking.

    The SDK waits for the next event without a bound: so what is heard makes looking rarer, and never ends it.
    """

    def __init__(self, settings: Settings, instance: str) -> None:
        self._settings = settings
        self._filters = {"type": "container", "event": list(ENDING), "label": f"{INSTANCE}={instance}"}
        self._listeners: list[Callable[[], None]] = []
        self._hearing = False

    def heard(self) -> bool:
        """Whether the engine's word would come."""
        return self._hearing

    def listen(self, changed: Callable[[], None]) -> None:
        """``changed`` is called at every event, and whenever some may have been missed."""
        self._listeners.append(changed)

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.is_set():
            try:
                self._follow(stopped)
            except Exception as error:  # whatever the SDK's libraries raise when a stream breaks
                if self._hearing:
                    log.info("the engine's events ended (%s): listening again", type(error).__name__)
            self._hearing = False
            self._tell()
            stopped.wait(AGAIN_S)

    def _follow(self, stopped: threading.Event) -> None:
        with contextlib.closing(connect(self._settings)) as client:
            self._hearing = True
            self._tell()
            for _event in self._events(client):
                self._tell()
                if stopped.is_set():
                    return

    def _events(self, client: docker.DockerClient) -> Any:
        return client.api.events(filters=self._filters, decode=True)

    def _tell(self) -> None:
        for changed in self._listeners:
            changed()
