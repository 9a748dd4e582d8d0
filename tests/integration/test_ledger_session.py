"""Sessions and their faults: what leaves the ledger, who waits, what outlives what."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from broker_config.wire.errors import BadSettings, Unavailable
from tasks.ledger import executions, users
from tasks.ledger.session import Ledger, Session
from tests.integration.databases import PostgresServer
from tests.integration.ledger_rows import NOW, add_cells, add_kernel, add_user, at_once, kernel_row

FOREVER = """
import sys
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import add_cells
ledger = Ledger(sys.argv[1])
while True:
    print(*add_cells(ledger, sys.argv[2]), flush=True)
"""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'husk.db'}"


def test_making_a_ledger_touches_nothing(tmp_path: Path, sqlite_url: str) -> None:
    Ledger(sqlite_url)
    Ledger("postgresql://nobody:x@127.0.0.1:1/none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["", "x", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "postgresql://h:port/"]
)
def test_a_database_that_cannot_serve_is_a_bad_setting_that_is_not_shown(url: str) -> None:
    with pytest.raises(BadSettings) as raised:
        Ledger(url)
    assert "HUSK_DATABASE_URL" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_ping_asks_the_database(ledger: Ledger) -> None:
    ledger.ping()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/husk.db", "postgresql://husk:secret@127.0.0.1:1/none"]
)
def test_a_database_that_is_not_there_is_unavailable_and_the_message_names_no_secret(url: str) -> None:
    for use in (Ledger(url).ping, Ledger(url).migrate):
        with pytest.raises(Unavailable) as raised:
            use()
        assert "secret" not in str(raised.value)


def test_an_error_in_a_block_rolls_all_of_it_back_and_leaves_as_it_is(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.write() as s:
        divide_after_a_user(s)
    with ledger.read() as s:
        assert users.by_name(s, "ann") is None


def divide_after_a_user(s: Session) -> None:
    users.create(s, "ann", "editor", NOW)
    raise ZeroDivisionError


def test_rows_can_be_read_after_their_block(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    with ledger.read() as s:
        row = users.get(s, ann.id)
    assert row is not None
    assert (row.name, kernel.slug, kernel.facts) == ("ann", "k", {})


def test_what_a_reader_sees_does_not_wait_for_a_writer(ledger: Ledger) -> None:
    add_user(ledger)
    with ledger.write() as writing:
        users.create(writing, "bob", "editor", NOW)
        with ledger.read() as s:
            assert [row.name for row in users.page(s, None, 9)[0]] == ["ann"]


def test_many_threads_of_web_read_and_write_at_once(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid

    def work(_number: int) -> int:
        add_cells(ledger, uid)
        with ledger.read() as s:
            return executions.queue_length(s, uid)

    assert max(each for each in at_once(64, work) if isinstance(each, int)) == 64


def test_a_child_process_uses_connections_of_its_own(ledger: Ledger) -> None:
    add_user(ledger)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            add_user(ledger, "child")
            code = 0
        finally:
            os._exit(code)
    add_user(ledger, "parent")
    assert os.waitpid(child, 0)[1] == 0
    with ledger.read() as s:
        assert {row.name for row in users.page(s, None, 9)[0]} == {"ann", "child", "parent"}


def test_a_child_process_has_a_server_side_of_its_own(new_postgres_ledger: Callable[[], Ledger]) -> None:
    ledger = new_postgres_ledger()

    def backend() -> int:
        with ledger.read() as s:
            return int(s.execute(text("SELECT pg_backend_pid()")).scalar_one())

    parents = backend()
    assert backend() == parents
    child = os.fork()
    if child == 0:
        os._exit(backend() == parents)
    assert os.waitpid(child, 0)[1] == 0


def test_what_was_committed_outlives_a_killed_writer(ledger: Ledger, database_url: str) -> None:
    uid = kernel_row(ledger).uid
    command = [sys.executable, "-c", FOREVER, database_url, uid]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [writer.stdout.readline().strip() for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    told += writer.stdout.read().split()
    writer.wait(10)
    writer.stdout.close()
    with ledger.read() as s:
        kept = [row.id for row in executions.queued(s, uid)]
    assert len(kept) - len([each for each in told if len(each) == 49]) in {0, 1}
    assert kept[:50] == told[:50]
    add_cells(ledger, uid)


def test_the_sqlite_file_and_its_companions_are_the_owners_alone(tmp_path: Path, sqlite_url: str) -> None:
    ledger = Ledger(sqlite_url)
    ledger.migrate()
    add_user(ledger)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    ledger.dispose()
    assert modes == {"husk.db": 0o600, "husk.db-wal": 0o600, "husk.db-shm": 0o600}


def test_every_sqlite_connection_has_its_settings(sqlite_url: str) -> None:
    ledger = Ledger(sqlite_url)
    with ledger.read() as s:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [s.execute(text(f"PRAGMA {name}")).scalar() for name in names] == ["wal", 1, 1, 10_000]
    ledger.dispose()


def test_a_locked_sqlite_is_unavailable_after_its_bound_and_serves_again_after(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.ledger.sqlite_engine.BUSY_TIMEOUT_S", 0.1)
    ledger = Ledger(sqlite_url)
    ledger.migrate()
    other = sqlite3.connect(tmp_path / "husk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        add_user(ledger)
    other.execute("ROLLBACK")
    other.close()
    add_user(ledger)
    ledger.dispose()


def test_writers_of_one_process_wait_for_each_other_but_not_for_ever(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.ledger.session.BUSY_TIMEOUT_S", 0.1)
    ledger = Ledger(sqlite_url)
    ledger.migrate()
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with ledger.write():
            holds.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    with pytest.raises(Unavailable):
        add_user(ledger)
    done.set()
    thread.join(10)
    add_user(ledger)
    ledger.dispose()


@pytest.mark.parametrize("wanted", ["queued", "queued_kernels"])
def test_what_waits_is_found_by_the_index_of_open_rows(sqlite_url: str, wanted: str) -> None:
    ledger = Ledger(sqlite_url)
    ledger.migrate()
    statements: list[str] = []
    with ledger.read() as s:
        connection = s.connection().connection.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_trace_callback(statements.append)
        if wanted == "queued":
            executions.queued(s, "K" * 12)
        else:
            executions.queued_kernels(s, NOW)
        connection.set_trace_callback(None)
        plan = s.execute(text(f"EXPLAIN QUERY PLAN {statements[-1]}")).all()
    ledger.dispose()
    assert "ix_executions_open" in str(plan)


def test_a_restarted_postgres_costs_no_later_call(
    postgres: PostgresServer, new_postgres_ledger: Callable[[], Ledger]
) -> None:
    ledger = new_postgres_ledger()
    ledger.migrate()
    at_once(4, lambda number: add_user(ledger, f"user{number}"))
    postgres.stop()
    with pytest.raises(Unavailable):
        ledger.ping()
    postgres.start()
    assert at_once(4, lambda _: ledger.ping()) == [None] * 4
    add_user(ledger)


def test_a_postgres_that_ends_in_the_middle_of_a_write_keeps_nothing_of_it(
    postgres: PostgresServer, new_postgres_ledger: Callable[[], Ledger]
) -> None:
    ledger = new_postgres_ledger()
    ledger.migrate()
    with pytest.raises(Unavailable), ledger.write() as s:
        restart_in_between(s, postgres)
    with ledger.read() as s:
        assert users.page(s, None, 9) == ([], None)


def restart_in_between(s: Session, postgres: PostgresServer) -> None:
    users.create(s, "ann", "editor", NOW)
    postgres.stop()
    postgres.start()
    users.create(s, "bob", "editor", NOW)


@pytest.fixture
def new_postgres_ledger(postgres: PostgresServer, request: pytest.FixtureRequest) -> Callable[[], Ledger]:
    """Makes ledgers of a new database of the server."""

    def make() -> Ledger:
        ledger = Ledger(postgres.new_database())
        request.addfinalizer(ledger.dispose)
        return ledger

    return make


def test_a_statement_that_takes_too_long_on_postgres_is_unavailable(
    new_postgres_ledger: Callable[[], Ledger],
) -> None:
    ledger = new_postgres_ledger()
    slow = "SELECT set_config('statement_timeout', '50', true)", "SELECT pg_sleep(30)"
    with pytest.raises(Unavailable), ledger.read() as s:
        deque((s.execute(text(each)) for each in slow), maxlen=0)
    with ledger.read() as s:
        assert s.execute(text("SHOW statement_timeout")).scalar() == "10s"
