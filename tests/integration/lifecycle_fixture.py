"""Lifecycle over a real Redis, real kernel processes and a SQLite ledger, in this process or in its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil
from pydantic import SecretStr

from broker_config import keys
from broker_config.celery_app import make_celery
from broker_config.settings import Settings
from broker_config.wire.events import FIELD, Ready, unpack
from broker_config.wire.states import DesiredState, KernelState
from tasks.asking import ask
from tasks.broker import make_raw_redis, make_redis
from tasks.kernels.life import Life, make_life
from tasks.kernels.settling import settle
from tasks.kernels.watching import Watcher
from tasks.ledger import attention, executions, kernels, users
from tasks.ledger.models import Kernel
from tasks.ledger.session import Ledger
from tasks.marking import Marks
from tasks.objects.results import ObjectInfo
from tasks.objects.store import ObjectStore
from tasks.runtimes.process import ProcessRuntime
from tasks.services import Services
from tests.integration.databases import prepare_tables
from tests.integration.ledger_rows import insert
from tests.integration.redis_server import PASSWORD, RedisServer
from tests.waiting import wait_until

START_S = 20.0
LATELY_S = 60.0
SECRET = "a-secret-key-of-lifecycle-tests"
CHILD = Path(__file__).with_name("lifecycle_child.py")


class FolderStore:
    """The two calls that deleting makes, on a folder that processes share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str) -> None:
        """An object."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"object")

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Objects below a prefix."""
        for path in sorted(self.folder.rglob("*")):
            key = path.relative_to(self.folder).as_posix()
            if path.is_file() and key.startswith(prefix):
                yield ObjectInfo(key, 6, None)

    def remove(self, key: str) -> None:
        """Remove one."""
        (self.folder / key).unlink(missing_ok=True)


def make_settings(folder: Path, port: int, start_timeout_s: float = 30.0, **more: Any) -> Settings:
    """Settings of one test's folder and Redis."""
    return Settings(
        **more,
        data_dir=folder,
        runtime="process",
        redis_url=SecretStr(f"redis://:{PASSWORD}@127.0.0.1:{port}/0"),
        flower_redis_password=SecretStr("flower-password-of-tests"),
        secret_key=SecretStr(SECRET),
        kernel_start_timeout_s=start_timeout_s,
    )


def make_test_services(settings: Settings) -> Services:
    """Services with a store in a folder."""
    url = settings.embedded_redis_url
    store = cast(ObjectStore, FolderStore(settings.data_dir / "store"))
    ledger = Ledger(settings.sqlalchemy_url)
    return Services(settings, ledger, make_redis(url), make_celery(url), store, Marks(ledger))


@dataclass
class World:
    """A ledger with one owner, a Redis, and what lifecycle does about them."""

    server: RedisServer
    folder: Path
    start_timeout_s: float = 30.0
    index_url: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)
    recording: threading.Lock = field(default_factory=threading.Lock)
    """Hold it, and nothing is recorded."""

    def __post_init__(self) -> None:
        index = SecretStr(self.index_url)
        settings = make_settings(self.folder, self.server.port, self.start_timeout_s, index_url=index)
        self.folder.mkdir(exist_ok=True)
        self.services = make_test_services(settings)
        prepare_tables(settings.sqlalchemy_url)
        self.runtime = ProcessRuntime(settings)
        self.life: Life = make_life(self.services, self.runtime)
        with self.services.ledger.write() as s:
            self.owner = users.create(s, "owner", "editor", time.time()).id
        self._threads = [threading.Thread(target=self._record, daemon=True)]
        self._threads[0].start()

    @property
    def store(self) -> FolderStore:
        """The objects."""
        return cast(FolderStore, self.services.store)

    def kernel(self, slug: str = "mine", **fields: Any) -> Kernel:
        """A kernel that was never started."""
        values: dict[str, Any] = {
            **{"owner_id": self.owner, "slug": slug, "name": slug, "runtime": "process", "packages": []},
            **{"memory_gb": 1.5, "cpu_cores": 2.0, "gpu": False, "persistence": True},
            **{"recovery_mode": "lazy", "network": "internet", "flavour": "base", "allow_sdist": False},
            **{"auto_restart": False, "idle_timeout_s": None, "env_encrypted": None},
        }
        with self.services.ledger.write() as s:
            return kernels.create(s, kernels.NewKernel(**{**values, **fields}), time.time())

    def wish(self, uid: str, desired: DesiredState, restart: bool = False) -> str:
        """Note a wish; its nonce."""
        with self.services.ledger.write() as s:
            kernel = kernels.get(s, uid)
            assert kernel is not None
            return ask(s, kernel, desired, restart)

    def do(self, uid: str, desired: DesiredState, restart: bool = False) -> None:
        """Note a wish and carry it out, as its message does."""
        nonce = self.wish(uid, desired, restart)
        assert settle(self.life, uid, nonce, wait_s=20)

    def row(self, uid: str) -> Kernel:
        """The row now."""
        with self.services.ledger.read() as s:
            row = kernels.get(s, uid)
        assert row is not None
        return row

    def status(self, execution_id: str) -> str:
        """An execution's state now."""
        with self.services.ledger.read() as s:
            execution = executions.get(s, execution_id)
        assert execution is not None
        return execution.status

    def until(self, uid: str, state: KernelState, timeout_s: float = START_S) -> Kernel:
        """Wait for a state."""

        def there() -> bool:
            return self.row(uid).state == state

        wait_until(there, timeout_s, f"{state}; {self.row(uid).error}; log: {self.runtime.log_tail(uid, 40)}")
        return self.row(uid)

    def ready(self, slug: str = "mine", **fields: Any) -> Kernel:
        """A kernel that is ready."""
        uid = self.kernel(slug, **fields).uid
        self.do(uid, DesiredState.RUNNING)
        return self.until(uid, KernelState.READY)

    def watch(self, watcher: Watcher | None = None) -> None:
        """Look at the kernels twice a second until the test ends."""
        body = (watcher or Watcher(self.life)).run
        self._threads.append(threading.Thread(target=body, args=[self.stopped], daemon=True))
        self._threads[-1].start()

    def processes(self, uid: str) -> list[psutil.Process]:
        """Everything that lives of one kernel, found by its folder's name in what they were started with."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                mine = uid in " ".join(process.environ().values())
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def _left(self) -> list[psutil.Process]:
        folders = self.services.settings.kernels_dir.glob("?" * 12)
        left = [process for folder in folders for process in self.processes(folder.name)]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        return left

    def inits(self) -> list[int]:
        """Pids of the inits that live and are noted in this world's folder."""
        return [int(ref["pid"]) for ref in self.runtime.list().values()]

    def groups(self, uid: str) -> dict[str, str]:
        """Who reads a kernel's streams."""
        names = {"events": keys.events(uid), "requests": keys.requests(uid)}
        found: Any = {what: self.services.redis.xinfo_groups(name) for what, name in names.items()}
        return {what: str(group["name"]) for what, (group,) in found.items()}

    def _record(self) -> None:
        """The part of the recorder that these tests need: Ready, and catching up."""
        raw = make_raw_redis(self.services.settings)
        group: Any = ("XREADGROUP", "GROUP", keys.RECORDER_GROUP, "t", "COUNT", 100, "STREAMS")
        while not self.stopped.wait(0.03):
            with self.recording, suppress(Exception):
                with self.services.ledger.read() as s:
                    uids = attention.watched(s, time.time() - LATELY_S)
                for uid in uids:
                    with suppress(Exception):
                        answer = raw.execute_command(*group, keys.events(uid), ">")
                        for entry_id, content in _entries(answer):
                            self._take(uid, content[FIELD.encode()])
                            raw.xack(keys.events(uid), keys.RECORDER_GROUP, entry_id)
        raw.close()

    def _take(self, uid: str, text: bytes) -> None:
        body = unpack(text).body
        if isinstance(body, Ready):
            with self.services.ledger.write() as s:
                row = kernels.get(s, uid)
                if row is not None and row.state == KernelState.STARTING:
                    facts = {"generation": body.generation, "facts": body.facts}
                    kernels.move(s, row, KernelState.READY, time.time(), **facts)

    def close(self) -> None:
        """End the threads and every process."""
        self.stopped.set()
        for thread in self._threads:
            thread.join(10)
        for uid, ref in self.runtime.list().items():
            self.runtime.kill(uid, ref)
        # A start that went on while the test ended is noted nowhere yet.
        wait_until(lambda: not self._left(), 10, "every process of this world has ended")
        self.services.redis.close()
        self.services.celery.close()
        self.services.ledger.dispose()


def _entries(answer: Any) -> list[Any]:
    if not answer:
        return []
    streams = answer.values() if isinstance(answer, dict) else [answer[0][1]]
    found: list[Any] = []
    for entries in streams:
        found.extend(entries[0] if entries and isinstance(entries[0], list) else entries)
    return found


@contextmanager
def world(server: RedisServer, folder: Path, **fields: Any) -> Iterator[World]:
    """A world of its own on a Redis that others share."""
    made = World(server, folder, **fields)
    try:
        yield made
    finally:
        made.close()


def queue_cell(made: World, uid: str, number: int = 1) -> str:
    """A queued execution."""
    cell = executions.NewExecution(
        id=f"{uid}-00000000-0000-0000-0000-{number:012d}",
        kernel_uid=uid,
        flow_id="",
        node_id=None,
        batch_id=None,
        stop_on_error=False,
        interactive=True,
        code="1",
        timeout_s=None,
        idempotency_key=None,
        epoch_generation=None,
        epoch_number=None,
    )
    with made.services.ledger.write() as s:
        insert(s, uid, [cell], time.time())
    return cell.id


@contextmanager
def lifecycle_process(made: World, *argv: str, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """The worker's real main in a process of its own (with this test's store); ended at the end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUSK_")}
    env["HUSK_INDEX_URL"] = made.index_url
    if failpoint:
        env["HUSK_FAILPOINT"] = failpoint
    settings = made.services.settings
    arguments = [str(settings.data_dir), str(made.server.port), str(settings.kernel_start_timeout_s)]
    with (made.folder / "lifecycle.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(CHILD), *arguments, *argv], env=env, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def recorder_process(made: World) -> Iterator[subprocess.Popen[bytes]]:
    """The recorder's real main in a process of its own; ended at the end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUSK_")}
    settings = made.services.settings
    env |= {"HUSK_DATA_DIR": str(settings.data_dir), "HUSK_SECRET_KEY": SECRET, "HUSK_S3_SECRET_KEY": SECRET}
    env["HUSK_REDIS_URL"] = settings.embedded_redis_url
    with (made.folder / "recorder.log").open("ab") as log:
        command = [sys.executable, "-m", "tasks", "recorder"]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
