"""A kernel's own log, for web: read by the lifecycle worker, which alone reaches what kernels run in."""

from __future__ import annotations

import redis

from broker_config import keys, queues
from broker_config.wire.errors import Unavailable
from broker_config.wire.names import new_token
from tasks.broker import translated
from tasks.ledger.models import Kernel
from tasks.runtimes.process import ProcessRuntime
from tasks.services import Services

TASK = "lifecycle.log"
ANSWER_S = 8.0
MOST_CHARACTERS = 4_000_000


def kernel_log(services: Services, kernel: Kernel, lines: int) -> str:
    """The last lines, without control characters.

    Raises:
        Unavailable: the lifecycle worker or its engine does not answer.
    """
    if kernel.runtime == ProcessRuntime.name:
        return ProcessRuntime(services.settings).log_tail(kernel.uid, lines)
    request = new_token(16)
    services.celery.send_task(TASK, (kernel.uid, lines, request), queue=queues.LIFECYCLE, expires=ANSWER_S)
    with translated():
        answer = services.redis.blpop([keys.log_reply(request)], timeout=ANSWER_S)
    if answer is None:
        raise Unavailable("the kernel's log cannot be read: the lifecycle worker does not answer; try again")
    return str(answer[1])


def answer(client: redis.Redis, request: str, text: str) -> None:
    """Give the log to who asked, if it still waits. Raises ``Unavailable``."""
    key = keys.log_reply(request)
    with translated():
        pipe = client.pipeline(transaction=True)
        pipe.rpush(key, text[-MOST_CHARACTERS:])
        pipe.expire(key, keys.REPLY_TTL_S)
        pipe.execute()
