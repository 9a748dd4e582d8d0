"""Runs the self-test when the worker starts, and again when the engine or the image is another one."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError, NotFound
from tasks.runtimes import images
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import instance_id
from tasks.runtimes.self_test import disk, telling
from tasks.runtimes.self_test.container import ASKED, sweep, try_out
from tasks.runtimes.self_test.rules import RULES
from tasks.runtimes.self_test.verdicts import Verdict, judge
from tasks.runtimes.spools import Spools

EVERY_S = 10.0
AGAIN_S = 20.0
"""Before what could not be tried, on a busy host for example, is tried again."""
TRIES = 5
PATIENCE_S = 40.0
ENGINE_FACTS = ("ID", "ServerVersion", "KernelVersion", "CgroupVersion", "CgroupDriver", "DefaultRuntime")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a result is about. ``engine`` changes when the engine is started again."""

    image: str
    engine: str


class SelfTest:
    """``run`` in a thread of the lifecycle worker; ``told`` is safe from any."""

    def __init__(self, settings: Settings) -> None:
        # Of its own and patient: nobody waits for it, and a busy engine is no reason to know nothing.
        self._engine = Engine(settings, PATIENCE_S)
        self._settings = settings
        self._spools = Spools(self._engine, settings)
        self._instance = instance_id(settings)
        self._told = telling.NOT_RUN
        self._of: Subject | None = None
        self._tries = 0
        self._tried_at = float("-inf")

    def told(self) -> dict[str, Any]:
        """The last result: state, limits with verdicts, layers; ``trouble`` where there is none."""
        return self._told

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        if self._settings.runtime == "process":
            return
        while not stopped.is_set():
            try:
                self.look(stopped)
            except HuskError as error:
                self._failed(error.message)
            except Exception:
                log.exception("the self-test failed")
                self._failed("the self-test failed: see the lifecycle worker's log")
            stopped.wait(EVERY_S)

    def look(self, stopped: threading.Event) -> None:
        """Test if there is something new to test, and remove left-overs. Raises ``HuskError``."""
        subject = self._subject()
        sweep(self._engine, self._instance)
        if subject != self._of:
            self._of, self._tries = subject, 0
        elif not self._worth_another():
            return
        self._tries += 1
        self._tried_at = time.monotonic()
        self._test(subject, stopped)

    def clean(self) -> None:
        """Remove every container of it. Raises ``Unavailable``."""
        sweep(self._engine, self._instance, older_than_s=0.0)

    def _worth_another(self) -> bool:
        known = self._told["state"] == "done" and not telling.of(self._told, Verdict.UNTRIED)
        return not known and self._tries < TRIES and time.monotonic() - self._tried_at > AGAIN_S

    def _test(self, subject: Subject, stopped: threading.Event) -> None:
        began = time.monotonic()
        told = try_out(self._engine, subject.image, self._instance, stopped)
        limits, took_s = judge(RULES, ASKED, told), time.monotonic() - began
        self._told = telling.done(limits, told, time.time(), took_s)
        # Told without it first: measuring may take a minute on an engine that keeps much.
        limits.append(disk.examine(self._spools, self._settings))
        self._told = telling.done(limits, told, time.time(), took_s)
        for one in limits:
            if one.verdict != Verdict.ENFORCED:
                log.warning("self-test: %s %s: %s", one.name, one.verdict, one.what)
        held = len(telling.of(self._told, Verdict.ENFORCED))
        log.info("self-test: %d of %d limits of containers hold on this host", held, len(limits))

    def _failed(self, why: str) -> None:
        # What was found before stays true of the engine that it was found on: it may only be away.
        if self._told["state"] != "done":
            self._told = {**telling.NOT_RUN, "trouble": why}
        log.debug("self-test: %s", why)

    def _subject(self) -> Subject:
        image = images.find(self._engine.client(), self._settings)
        with self._engine.asked("self-test") as client:
            info = client.info()
        facts = [str(info.get(name)) for name in ENGINE_FACTS]
        options = sorted(info.get("SecurityOptions") or [])
        runc = str((info.get("RuncCommit") or {}).get("ID"))
        return Subject(image.id, "|".join([*facts, *options, runc, self._started()]))

    def _started(self) -> str:
        """The engine says nowhere since when it runs, but it makes its default bridge anew at each start."""
        try:
            with self._engine.asked("self-test") as client:
                found = client.inspect_network("bridge")
        except NotFound:
            return ""
        return f"{found.get('Id')} {found.get('Created')}"
