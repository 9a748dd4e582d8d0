"""A running kernel (real init, agent, runner) against a given Redis, driven as the control plane does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis

from broker_config import keys
from broker_config.acl import kernel_user
from broker_config.celery_app import make_kernel_celery, producer_options
from broker_config.queues import CELL_HEADER, EXECUTE_TASK, queue_of
from broker_config.wire.codec import decode, encode, encode_tagged, plain
from broker_config.wire.events import FIELD, Event, ExecutionResult, Finished, Pulse, Ready, Request, unpack
from broker_config.wire.messages import Boot, BrokerAddress, DeskReply, Epoch, ExecuteCell, Limits
from broker_config.wire.names import new_execution_id, new_uid
from kernel_worker.agent.staging import EMPTIED
from kernel_worker.init.ending import ANNOUNCEMENT
from tests.integration.redis_server import KERNEL_PASSWORD, RedisServer
from tests.waiting import wait_until

GB = 1_000_000_000
LIMITS = Limits(2 * GB, 2.0, 20, 65_536, 65_536, 1_048_576)


@dataclass
class KernelUnderTest:
    """One kernel; ``start`` begins its process, ``stop`` ends it as the process runtime does."""

    server: RedisServer
    folder: Path
    uid: str = field(default_factory=new_uid)
    limits: Limits = LIMITS
    cgroup: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    recovery_mode: str = "lazy"
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.app = make_kernel_celery(self.uid, self.server.url)
        self.server.add_kernel(self.uid)

    # Process ------------------------------------------------------------------------------------

    @property
    def log_path(self) -> Path:
        """What init and agent print."""
        return self.folder / "kernel.log"

    @property
    def log(self) -> str:
        """The log so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def boot(self) -> Boot:
        """The kernel's boot message."""
        return Boot(
            version=1,
            uid=self.uid,
            kernel_id="under-test",
            broker=BrokerAddress("127.0.0.1", self.server.port, kernel_user(self.uid), KERNEL_PASSWORD),
            limits=self.limits,
            agent_dir=str(self.folder / "agent"),
            runner_dir=str(self.folder / "runner"),
            shared_dir=str(self.folder / "shared"),
            runner_python=self.python,
            separation="tests run both as one user",
            cgroup=self.cgroup,
            env=self.env,
            recovery_mode=self.recovery_mode,
        )

    def start(self, wait: bool = True) -> Ready | None:
        """Start init; with ``wait`` until the kernel is ready."""
        before = len(self.bodies(Ready))
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "kernel_worker.init"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(encode(self.boot()).encode() + b"\n")
        self.process.stdin.close()
        return self.wait_ready(before) if wait else None

    def wait_ready(self, before: int, timeout_s: float = 20) -> Ready:
        """The newest Ready once there are more than ``before``."""
        wait_until(lambda: len(self.bodies(Ready)) > before, timeout_s, f"ready; log:\n{self.log}")
        ready = self.bodies(Ready)[-1]
        assert isinstance(ready, Ready)
        return ready

    def staged(self) -> list[Path]:
        """Files of executions on their way to the store, without the one that waits to be used again."""
        folder = self.folder / "agent" / "staged"
        return [one for one in folder.iterdir() if one.name != EMPTIED] if folder.exists() else []

    def stop(self, timeout_s: float = 15, asked: bool = True) -> int:
        """SIGTERM to init, announced as Husk does it or, not ``asked``, as a host does; its exit code."""
        if self.process is None:
            return 0
        if asked:
            self.process.send_signal(ANNOUNCEMENT)
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(5)
            self.process = None

    def kill(self) -> None:
        """SIGKILL to init."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(5)
        self.process = None

    @property
    def init_pid(self) -> int:
        """Init."""
        assert self.process is not None
        return self.process.pid

    @property
    def agent_pid(self) -> int:
        """The agent."""
        return self._child("kernel_worker.agent")

    @property
    def runner_pid(self) -> int:
        """The runner."""
        return self._child("kernel_worker.runner")

    def _child(self, module: str) -> int:
        def find() -> int:
            for child in psutil.Process(self.init_pid).children():
                try:
                    if module in child.cmdline():
                        return int(child.pid)
                except psutil.Error:
                    continue
            return 0

        return wait_until(find, 10, module)

    # Work ---------------------------------------------------------------------------------------

    def cell(self, code: str, **fields: Any) -> ExecuteCell:
        """An execution of this kernel; ``fields`` replace what it has by default."""
        values: dict[str, Any] = {
            "execution_id": new_execution_id(self.uid),
            "code": code,
            "flow_id": "",
            "node_id": None,
            "interactive": True,
            "timeout_s": None,
            "epoch": None,
            "batch_id": None,
            "stop_on_error": False,
        }
        return ExecuteCell(**{**values, **fields})

    def send(self, code: str, **fields: Any) -> str:
        """Send a cell; its execution id."""
        return self.send_cell(self.cell(code, **fields))

    def send_cell(self, cell: ExecuteCell) -> str:
        """Publish a cell's message as the outbox does."""
        self.app.send_task(
            EXECUTE_TASK,
            queue=queue_of(self.uid, cell.interactive),
            headers={CELL_HEADER: plain(cell)},
            **producer_options(cell.execution_id, "under-test", cell.flow_id or None, cell.node_id),
        )
        return cell.execution_id

    def run(self, code: str, wait_s: float = 15, **fields: Any) -> ExecutionResult:
        """Send a cell and wait for its result."""
        return self.result(self.send(code, **fields), wait_s)

    def tell(self, message: Any) -> None:
        """A message on the control list."""
        self.server.admin.rpush(keys.ctl(self.uid), encode_tagged(message))

    def epoch(self, number: int = 0) -> Epoch:
        """The epoch of the runner that was ready last."""
        ready = self.bodies(Ready)[-1]
        return Epoch(ready.generation, number)

    # What came ----------------------------------------------------------------------------------

    def events(self, execution_id: str | None = None, stream: str = "events") -> list[Event]:
        """Of one execution (None: of the kernel and all) on ``events``, ``out`` or ``requests``."""
        key = {"events": keys.events, "out": keys.out, "requests": keys.requests}[stream]
        entries: Any = self.server.admin.xrange(key(self.uid))
        found = [unpack(entry[FIELD.encode()]) for _id, entry in entries]
        return [e for e in found if execution_id is None or e.execution_id == execution_id]

    def bodies(self, kind: type, stream: str = "events") -> list[Any]:
        """Bodies of one kind."""
        return [event.body for event in self.events(None, stream) if isinstance(event.body, kind)]

    def types(self, execution_id: str, stream: str = "events") -> list[str]:
        """Types of one execution's events, in order."""
        return [event.type for event in self.events(execution_id, stream)]

    def finished(self, execution_id: str) -> ExecutionResult | None:
        """The result, if it is there."""
        results = [e.body.result for e in self.events(execution_id) if isinstance(e.body, Finished)]
        return results[0] if results else None

    def result(self, execution_id: str, timeout_s: float = 15) -> ExecutionResult:
        """The result, waited for."""
        result = wait_until(
            lambda: self.finished(execution_id),
            timeout_s,
            f"finished {execution_id}; log:\n{self.log[-4000:]}",
        )
        assert result is not None
        return result

    def until_started(self, execution_id: str, timeout_s: float = 10) -> None:
        """Wait until the kernel says that it runs."""
        wait_until(
            lambda: "started" in self.types(execution_id), timeout_s, f"started; log:\n{self.log[-4000:]}"
        )

    def until_printed(self, execution_id: str, text: str, timeout_s: float = 10) -> None:
        """Wait until ``text`` came on ``out``."""

        def there() -> bool:
            events = self.events(execution_id, "out")
            return text in "".join(e.body.text for e in events if e.type == "stream")

        wait_until(there, timeout_s, f"{text!r}; log:\n{self.log[-4000:]}")

    def pulse(self) -> Pulse:
        """The newest pulse."""

        def newest() -> Any:
            return self.server.admin.xrevrange(keys.pulse(self.uid), count=1)

        entries = wait_until(newest, 5, "pulse")
        return decode(Pulse, entries[0][1][FIELD.encode()])


def text_of(result: ExecutionResult, name: str = "stdout") -> str:
    """All text of one stream in a result."""
    return "".join(item.text or "" for item in result.items if item.kind == "stream" and item.name == name)


@contextmanager
def desk(server: RedisServer, uid: str, answer: Callable[[Request], DeskReply]) -> Iterator[None]:
    """A desk for one kernel that answers as told."""
    stopped = threading.Event()

    def serve() -> None:
        last = "0"
        while not stopped.wait(0.05):
            try:
                entries: Any = server.admin.xrange(keys.requests(uid), min=f"({last}" if last != "0" else "-")
            except redis.RedisError:
                continue
            for entry_id, fields in entries:
                last = entry_id.decode()
                body = unpack(fields[FIELD.encode()]).body
                if isinstance(body, Request):
                    server.admin.rpush(keys.reply(uid, body.request), encode(answer(body)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(5)


def refuse(request: Request) -> DeskReply:
    """What a desk without a store answers."""
    return DeskReply(request.request, error="there is no store in this test")


@contextmanager
def running_kernel(
    server: RedisServer, answer: Callable[[Request], DeskReply] | None = refuse, **fields: Any
) -> Iterator[KernelUnderTest]:
    """A kernel that is ready, stopped at the end with nothing of it left.

    ``answer`` is its desk's; None: a desk of the test's own answers.
    """
    with tempfile.TemporaryDirectory(prefix="husk-kernel-") as folder:
        kernel = KernelUnderTest(server, Path(folder), **fields)
        kernel.start()
        session = kernel.init_pid
        try:
            with desk(server, kernel.uid, answer) if answer else nullcontext():
                yield kernel
        finally:
            kernel.stop()
            end_left_over(session)


def end_left_over(init_pid: int) -> None:
    """End what an init that was killed left in its session."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == init_pid:
                process.kill()
        except (OSError, psutil.Error):
            continue
