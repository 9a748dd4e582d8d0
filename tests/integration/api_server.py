"""A real web process (gunicorn) over a real Redis, an SQLite ledger and a real S3 server, with accounts."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from broker_config import keys
from broker_config.settings import Settings
from broker_config.wire.events import FIELD, Event, pack
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger import broker, kernels, links, tokens, users
from tasks.ledger.models import Kernel
from tasks.services import Services, make_services
from tests.integration.databases import prepare_tables
from tests.integration.redis_server import RedisServer
from tests.integration.weed import Weed, free_ports
from tests.waiting import wait_until
from web.auth.passwords import Passwords
from web.stack import web_server

PEOPLE = {"admin": "admin", "alice": "editor", "bob": "editor", "vera": "viewer"}
THREADS = 8
STREAMS = 24
SMALL_REQUEST = 1_000_000
SMALL_UPLOAD = 40_000_000
GENERATION = "generation-of-tests"


class ApiServer:
    """One web process. ``tokens`` by person; ``url`` ends in ``/api/v1``."""

    def __init__(self, folder: Path, server: RedisServer, weed: Weed) -> None:
        self.folder = folder
        self.redis = server
        self.port = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.settings = Settings(
            runtime="process",
            data_dir=folder,
            redis_url=SecretStr(server.url),
            s3_endpoint=weed.settings.store_endpoint,
            s3_secret_key=weed.settings.s3_secret_key,
            secret_key=SecretStr(secrets.token_urlsafe(32)),
            metrics_token=SecretStr(secrets.token_urlsafe(32)),
            request_max_bytes=SMALL_REQUEST,
            upload_max_bytes=SMALL_UPLOAD,
            web_threads=THREADS,
            web_streams=STREAMS,
            web_port=self.port,
        )
        self.services: Services = make_services(self.settings)
        self.tokens: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Tables, accounts, and a broker whose epoch is in order."""
        prepare_tables(self.settings.sqlalchemy_url)
        now = time.time()
        with self.services.ledger.write() as session:
            for name, role in PEOPLE.items():
                user = users.create(session, name, role, now)
                self.tokens[name] = tokens.create(session, user.id, "tests", "write", now)[1]
            broker.set_epoch(session, "epoch-of-tests")
        self.services.redis.set(keys.EPOCH, "epoch-of-tests")

    def new_token(self, person: str) -> str:
        """One more token of a person."""
        with self.services.ledger.write() as session:
            user = users.by_name(session, person)
            assert user is not None
            return tokens.create(session, user.id, "more", "write", time.time())[1]

    def environ(self) -> dict[str, str]:
        """What the web process is told."""
        secret = {"redis_url", "s3_secret_key", "secret_key", "metrics_token"}
        bounds = ("request_max_bytes", "upload_max_bytes", "web_threads", "web_streams")
        names = ("data_dir", "runtime", "s3_endpoint", *bounds, *secret)
        values = {name: getattr(self.settings, name) for name in names}
        told = {
            f"HUSK_{name.upper()}": value.get_secret_value() if name in secret else str(value)
            for name, value in values.items()
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HUSK_")}
        return {**clean, **told}

    def start(self) -> None:
        """Start gunicorn and wait until it answers."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                web_server.command(self.settings),
                env=self.environ(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, 20, f"web answers, see {self.log_path}")

    @property
    def log_path(self) -> Path:
        """What the process prints."""
        return self.folder / "web.log"

    @property
    def pid(self) -> int | None:
        """Of gunicorn's first process."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after a while."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def client(self, person: str | None = "alice", **options: Any) -> httpx.Client:
        """An HTTP client with a person's token, or without any."""
        headers = {"Authorization": f"Bearer {self.tokens[person]}"} if person else {}
        headers |= options.pop("headers", {})
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, verify=False, **options)

    def new_link(self, person: str) -> str:
        """The secret of a one-time link of a person."""
        with self.services.ledger.write() as session:
            user = users.by_name(session, person)
            assert user is not None
            return links.create(session, user, time.time())[1]

    def set_password(self, person: str, plain: str) -> None:
        """Give a person a password; their sessions end."""
        with self.services.ledger.write() as session:
            user = users.by_name(session, person)
            assert user is not None
            users.set_password(session, user.id, Passwords().hash(plain))

    def forgive(self) -> None:
        """Forget all tries to log in."""
        found = list(self.services.redis.scan_iter("husk:login:*"))
        if found:
            self.services.redis.delete(*found)

    @contextmanager
    def browser(self, person: str) -> Iterator[httpx.Client]:
        """A browser in which somebody logged in; it sends the session's CSRF token with everything."""
        with self.client(None) as browser:
            answer = browser.post("/login", json={"link": self.new_link(person)})
            assert answer.status_code == 200, answer.text
            browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield browser

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log_path.read_text()
        try:
            return httpx.get(f"{self.url}/health", timeout=2, verify=False).status_code == 200
        except httpx.HTTPError:
            return False

    # Kernels as if they ran -----------------------------------------------------------------------

    def make_ready(self, uid: str) -> Kernel:
        """Put a kernel's row where lifecycle and recorder would: it runs, and its journal is known."""
        now = time.time()
        with self.services.ledger.write() as session:
            kernel = kernels.get(session, uid)
            assert kernel is not None
            kernels.intend(session, kernel, DesiredState.RUNNING, now)
            if kernel.state == KernelState.STOPPED:
                kernel = kernels.move(session, kernel, KernelState.STARTING, now)
                fields = {"generation": GENERATION, "journal_epoch": "epoch-of-tests"}
                kernel = kernels.move(session, kernel, KernelState.READY, now, **fields)
        return kernel

    def say(self, uid: str, event: Event) -> str:
        """Write an event to ``out`` as the kernel's agent does; its stream id."""
        return str(self.services.redis.xadd(keys.out(uid), {FIELD: pack(event)}))


@contextmanager
def running_api(folder: Path, redis_folder: Path, weed: Weed) -> Iterator[ApiServer]:
    """Body of a fixture."""
    server = RedisServer(redis_folder)
    api = ApiServer(folder, server, weed)
    try:
        api.prepare()
        api.start()
        yield api
    finally:
        api.stop()
        api.services.ledger.dispose()
        api.services.redis.close()
        server.kill()
