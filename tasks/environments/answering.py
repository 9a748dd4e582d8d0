"""The lifecycle worker's answers to ``asking``: few at once, since each takes one of its threads."""

from __future__ import annotations

import logging
import threading
from typing import Any

from broker_config.wire.errors import HuskError, Unavailable
from tasks.environments import asking, resolving
from tasks.environments.asking import Question
from tasks.environments.base_set import python_of
from tasks.environments.locks import Lock
from tasks.environments.question import Wanted
from tasks.kernels.life import Life
from tasks.ledger import environments
from tasks.runtimes.choice import for_kernel

MOST_AT_ONCE = 4
MOST_WAITING = 4
TURN_S = 30.0

log = logging.getLogger(__name__)


class Answers:
    """Safe for threads."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._there = threading.BoundedSemaphore(MOST_AT_ONCE + MOST_WAITING)
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def answer(self, told: dict[str, Any], request: str) -> None:
        """The task: resolve, and tell who asked. Raises ``Unavailable``: Redis cannot be told."""
        try:
            found: Lock | HuskError = self._in_turn(asking.read(told))
        except HuskError as error:
            found = error
        except Exception:
            log.exception("packages could not be resolved")
            found = Unavailable("a bug in Husk: the lifecycle worker's log has it")
        asking.answer(self._life.services.redis, request, found)

    def _in_turn(self, question: Question) -> Lock:
        if not self._there.acquire(blocking=False):
            raise Unavailable("too many packages are being resolved now: try again in a moment")
        try:
            if not self._turns.acquire(timeout=TURN_S):
                raise Unavailable("other packages take long to be resolved: try again in a moment")
            try:
                return self._resolve(question)
            finally:
                self._turns.release()
        finally:
            self._there.release()

    def _resolve(self, question: Question) -> Lock:
        settings, ledger = self._life.services.settings, self._life.services.ledger
        python = python_of(question.runtime)
        with ledger.read() as s:
            previous = environments.get(s, question.previous) if question.previous else None
        packages, sources = list(question.packages), question.allow_sdist
        # Code of packages runs in a builder alone; and in a deployment nothing else has a way to an index.
        if sources or settings.mode == "deployed":
            constraints = resolving.constraints_of(settings)
            wanted = Wanted(question.packages, question.flavour, python, sources, previous, constraints)
            return for_kernel(self._life.runtimes, question.runtime).environments.resolve(wanted)
        return resolving.resolve(settings, packages, question.flavour, python, previous=previous)
