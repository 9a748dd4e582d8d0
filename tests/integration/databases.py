"""The two databases of the ledger: SQLite in a file, and a private PostgreSQL of one test session.

Use: ``from tests.integration.databases import database_url, ledger, postgres`` in a test module.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tasks.ledger.session import Ledger
from tests.requirements import require
from tests.waiting import wait_until

ACCOUNTS = ("postgres", "nobody")  # initdb refuses root
DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server here."""
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))])
    for folder in reversed(versions):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def account() -> pwd.struct_passwd:
    """Whom the server runs as."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return require("postgres", f"root cannot run it, and there is no account {' or '.join(ACCOUNTS)}")


class PostgresServer:
    """A cluster of its own in a temporary folder, on a free port of loopback, without fsync."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._data = folder / "data"
        self._folder = folder
        self._programs = programs
        self._account = account()
        self._process: subprocess.Popen[bytes] | None = None
        os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._run("initdb", "-D", str(self._data), "-U", "husk", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def _identity(self) -> dict[str, object]:
        if os.geteuid() != 0:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # type: ignore[call-overload]
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=120,
            check=False,
            **self._identity(),
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        for setting in ("listen_addresses=127.0.0.1", "fsync=off", f"unix_socket_directories={self._folder}"):
            command += ["-c", setting]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                command,
                cwd=self._folder,
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
                stdout=log,
                stderr=log,
                **self._identity(),
            )
        wait_until(self._answers, 30, "postgres")

    def _answers(self) -> bool:
        try:
            self._sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _sql(self, statement: str) -> None:
        where = f"host=127.0.0.1 port={self.port} user=husk dbname=postgres connect_timeout=5"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """End it as a restart does: connections are cut, data stay."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait(30)
            self._process = None

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"t{uuid4().hex}"
        self._sql(f"CREATE DATABASE {name}")
        return f"postgresql://husk@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's server; skips where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        require("postgres", "no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    # Not below pytest's own folder, which other accounts cannot enter.
    with tempfile.TemporaryDirectory(prefix="husk-pg-") as folder:
        server = PostgresServer(Path(folder), programs)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: each test runs once on each."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'husk.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def new_ledger(database_url: str) -> Iterator[Callable[[], Ledger]]:
    """Makes ledgers of the test's database, as other processes would; they are closed at the end."""
    made: list[Ledger] = []

    def make() -> Ledger:
        made.append(Ledger(database_url))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def ledger(new_ledger: Callable[[], Ledger]) -> Ledger:
    """A migrated, empty ledger."""
    made = new_ledger()
    made.migrate()
    return made
