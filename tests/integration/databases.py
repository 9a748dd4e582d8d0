"""The two databases of the ledger: SQLite in a file, and a private PostgreSQL of one test session.

Tables are migrated once a process and copied (SQLite) or emptied (PostgreSQL) for each test; the tests of
migrations themselves begin with nothing.
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
from functools import cache
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest

from tasks.ledger.session import Ledger
from tests.requirements import require
from tests.waiting import wait_until

ACCOUNTS = ("postgres", "nobody")  # initdb refuses root
DEBIAN = Path("/usr/lib/postgresql")
SQLITE = "sqlite:///"
CUT_OFF: LiteralString = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
TABLES: LiteralString = (
    "SELECT format('%I', tablename) FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY tablename"
)
RESTARTED: LiteralString = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


@cache
def _sqlite_with_tables() -> bytes:
    with tempfile.TemporaryDirectory(prefix="husk-db-") as folder:
        file = Path(folder) / "husk.db"
        _migrate(f"{SQLITE}{file}")
        return file.read_bytes()


def _migrate(url: str) -> None:
    ledger = Ledger(url)
    ledger.migrate()
    ledger.dispose()


def prepare_tables(url: str) -> None:
    """What ``Ledger.migrate`` makes of an SQLite file that is not there yet; one that is there stays."""
    file = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and not file.exists():
        file.touch(0o600)
        file.write_bytes(_sqlite_with_tables())


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
        self._given_back: list[str] = []
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

    def migrated_database(self) -> str:
        """The URL of one with tables and no rows: one that was given back, else a new one."""
        if self._given_back:
            return self._given_back.pop()
        url = self.new_database()
        _migrate(url)
        return url

    def give_back(self, url: str) -> None:
        """A migrated one, for a later test: who is still connected is cut off, rows and counters go."""
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(CUT_OFF)
            connection.execute("SET session_replication_role = replica")  # in any order
            for (table,) in connection.execute(TABLES).fetchall():
                connection.execute(f"DELETE FROM {table}".encode())
            connection.execute(RESTARTED)
        self._given_back.append(url)


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
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with tables and no rows: each test runs once on each."""
    if request.param == "sqlite":
        url = f"{SQLITE}{tmp_path / 'husk.db'}"
        prepare_tables(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.migrated_database()
    yield url
    server.give_back(url)


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
    """A ledger with tables and no rows."""
    return new_ledger()
