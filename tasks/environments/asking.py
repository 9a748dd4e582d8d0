"""Resolving, for web: done by the lifecycle worker, which alone has an index and uv."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import redis
from kombu.exceptions import OperationalError

from broker_config import keys, queues
from broker_config.wire import errors
from broker_config.wire.names import new_token
from tasks.broker import AWAY, translated
from tasks.environments.locks import Lock, parse
from tasks.services import Services

TASK = "lifecycle.resolve"
ANSWER_S = 70.0
LOOK_S = 5.0
"""One wait on Redis: shorter than its client's own patience."""
RAISED = {
    cls.code: cls
    for cls in (errors.ResolutionFailed, errors.BadField, errors.NotAvailable, errors.Unavailable)
}


@dataclass(frozen=True, slots=True)
class Question:
    """What to resolve: requirements in their canonical form, for kernels of a flavour and a runtime.

    ``previous``: digest of the lock of the ledger whose versions stay where they may.
    """

    packages: tuple[str, ...]
    flavour: str
    runtime: str
    allow_sdist: bool = False
    previous: str | None = None


def resolve(services: Services, question: Question) -> Lock:
    """The lock; waits for up to ``ANSWER_S``.

    Raises:
        ResolutionFailed: there is no set of versions like that, in uv's words.
        NotAvailable: such kernels have no packages of that kind.
        Unavailable: the lifecycle worker, or the index behind it, does not answer.
    """
    with translated():
        reported = services.redis.exists(keys.RUNTIME)
    if not reported:
        raise errors.Unavailable(
            "packages cannot be resolved while the lifecycle worker does not run; nothing was changed"
        )
    request = new_token(16)
    try:
        services.celery.send_task(
            TASK, (asdict(question), request), queue=queues.LIFECYCLE, expires=ANSWER_S, retry=False
        )
    except (*AWAY, OperationalError) as error:
        raise errors.Unavailable("Redis did not answer in time; nothing was changed, try again") from error
    return _read(_wait(services.redis, keys.resolve_reply(request)))


def _wait(client: redis.Redis, key: str) -> str:
    deadline = time.monotonic() + ANSWER_S
    while (left := deadline - time.monotonic()) > 0:
        with translated():
            found = client.blpop([key], timeout=min(LOOK_S, max(left, 0.1)))
        if found is not None:
            return str(found[1])
    raise errors.Unavailable(
        f"the packages were not resolved within {ANSWER_S:g} s: the lifecycle worker is busy or "
        "does not run; nothing was changed, try again"
    )


def _read(text: str) -> Lock:
    told: dict[str, Any] = json.loads(text)
    if "lock" in told:
        return parse(told["lock"])
    raise RAISED.get(told["code"], errors.Unavailable)(told["message"], told["field"])


def answer(client: redis.Redis, request: str, found: Lock | errors.HuskError) -> None:
    """Give a lock, or why there is none, to who asked, if it still waits. Raises ``Unavailable``."""
    told: dict[str, Any] = (
        {"lock": found.text}
        if isinstance(found, Lock)
        else {"code": found.code, "message": found.message, "field": found.field}
    )
    key = keys.resolve_reply(request)
    with translated():
        pipe = client.pipeline(transaction=True)
        pipe.rpush(key, json.dumps(told))
        pipe.expire(key, keys.REPLY_TTL_S)
        pipe.execute()


def read(told: dict[str, Any]) -> Question:
    """A question from the message that carried it."""
    packages: Sequence[str] = told.pop("packages")
    return Question(packages=tuple(packages), **told)
