"""A kernel of the process runtime with a Redis of its own, and nothing else of Husk: no web, no ledger.

A cell's message goes into the queue as the outbox puts it; its end is read from the stream as web reads it.
"""

from __future__ import annotations

import secrets
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

from broker_config import acl, keys
from broker_config.celery_app import make_celery
from broker_config.queues import kernel_queue
from broker_config.settings import Settings
from broker_config.wire.codec import encode_tagged
from broker_config.wire.messages import Acknowledge, BrokerAddress, Limits
from broker_config.wire.names import new_execution_id, new_uid
from tasks.cell_message import message_of
from tasks.ledger.models import Execution
from tasks.runtimes.base import KernelSpec
from tasks.runtimes.process import ProcessRuntime
from web.stack.redis_server import binary

FINISHED, READY = b'"type":"finished"', b'"type":"ready"'
BLOCK_MS = 60_000
START_S = 30.0
LIMITS = Limits(2_000_000_000, 2.0, 20, 1_048_576, 1_048_576, 16_777_216)
ACKNOWLEDGED_AT_ONCE = 25


class Bare:
    """One kernel that is ready, until ``close``."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="husk-bare-")
        folder = Path(self._folder.name)
        folder.chmod(0o711)  # the kernel's users pass through it
        password, port = secrets.token_hex(16), _free_port()
        self._redis = subprocess.Popen(
            [
                *(str(binary()), "--bind", "127.0.0.1", "--port", str(port), "--requirepass", password),
                *("--dir", str(folder), "--save", "", "--appendonly", "yes", "--loglevel", "warning"),
            ],
            stdout=subprocess.DEVNULL,
        )
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        self._client = redis.Redis.from_url(url, socket_timeout=BLOCK_MS / 1000 + 5)
        self._celery = make_celery(url)
        self._uid = new_uid()
        self._out, self._last = keys.out(self._uid), "0"
        self._runtime = ProcessRuntime(Settings(data_dir=folder))
        self._ref = self._start(port)
        self._done: list[str] = []

    def _start(self, port: int) -> dict[str, Any]:
        password, user = secrets.token_hex(16), acl.kernel_user(self._uid)
        deadline = time.monotonic() + START_S
        while not self._answers():
            _pause(deadline, "redis-server")
        rules = acl.kernel_rules(self._uid, acl.password_hash(password))
        self._client.execute_command("ACL", "SETUSER", user, *rules)
        address = BrokerAddress("127.0.0.1", port, user, password)
        boot = self._runtime.boot(KernelSpec(self._uid, "bare", LIMITS, address, {}))
        ref = self._runtime.start(boot, lambda _name: None)
        while not self._said(READY):
            _pause(deadline, "the kernel")
        return ref

    def _answers(self) -> bool:
        with suppress(redis.RedisError):
            return bool(self._client.ping())
        return False

    def _said(self, what: bytes) -> bool:
        entries: Any = self._client.xrange(self._out)
        for entry_id, fields in entries:
            self._last = entry_id
            if what in fields[b"e"]:
                return True
        return False

    def run(self, code: str) -> float:
        """Seconds from making the message until ``finished`` is in the stream."""
        row = Execution(
            id=new_execution_id(self._uid),
            kernel_uid=self._uid,
            flow_id="",
            code=code,
            interactive=True,
            stop_on_error=False,
        )
        began = time.perf_counter()
        self._client.lpush(kernel_queue(self._uid), message_of(self._celery, row, "bare"))
        took = self._until_finished(row.id.encode(), began)
        self._acknowledge(row.id)
        return took

    def _until_finished(self, execution_id: bytes, began: float) -> float:
        while True:
            found: Any = self._client.xread({self._out: self._last}, block=BLOCK_MS)
            for entry_id, fields in found[0][1]:
                self._last = entry_id
                if FINISHED in fields[b"e"] and execution_id in fields[b"e"]:
                    return time.perf_counter() - began

    def _acknowledge(self, execution_id: str) -> None:
        """As the recorder does, between cells: the agent would send the results again."""
        self._done.append(execution_id)
        if len(self._done) >= ACKNOWLEDGED_AT_ONCE:
            self._client.rpush(keys.ctl(self._uid), encode_tagged(Acknowledge(self._done)))
            self._client.delete(keys.events(self._uid))
            self._done = []

    def close(self) -> None:
        """End kernel and Redis."""
        self._runtime.stop(self._uid, self._ref, 15)
        self._client.close()
        self._redis.terminate()
        self._redis.wait(10)
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pause(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise RuntimeError(f"{what} did not start")
    time.sleep(0.02)
