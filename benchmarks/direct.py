"""The way of a cell without HTTP and ledger: its message into the queue, its end from the stream."""

from __future__ import annotations

import time
from typing import Any

import redis

from benchmarks.subject import Stack
from broker_config import keys
from broker_config.celery_app import make_celery
from broker_config.queues import kernel_queue
from broker_config.wire.names import new_execution_id
from tasks.cell_message import message_of
from tasks.ledger.models import Execution

FINISHED = b'"type":"finished"'
BLOCK_MS = 60_000


class Direct:
    """Cells put straight into a kernel's queue. The ledger does not know them."""

    def __init__(self, stack: Stack, uid: str) -> None:
        url = stack.redis_url()
        self._uid, self._out = uid, keys.out(uid)
        self._celery = make_celery(url)
        self._client = redis.Redis.from_url(url, socket_timeout=BLOCK_MS / 1000 + 5)

    def run(self, code: str) -> float:
        """Seconds from making the message until ``finished`` is in the stream."""
        newest: Any = self._client.xrevrange(self._out, count=1)
        last = newest[0][0] if newest else "0"
        row = Execution(
            id=new_execution_id(self._uid),
            kernel_uid=self._uid,
            flow_id="",
            code=code,
            interactive=True,
            stop_on_error=False,
        )
        began = time.perf_counter()
        self._client.lpush(kernel_queue(self._uid), message_of(self._celery, row, "bench"))
        while True:
            found: Any = self._client.xread({self._out: last}, block=BLOCK_MS)
            for entry_id, fields in found[0][1]:
                last = entry_id
                if FINISHED in fields[b"e"] and row.id.encode() in fields[b"e"]:
                    return time.perf_counter() - began

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
