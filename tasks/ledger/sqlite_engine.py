"""SQLite's engine: its settings, and who waits how for the one write lock."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event

from tasks.ledger.faults import finite_json, refuse_unstorable

BUSY_TIMEOUT_S = 10.0
WAL_RETRY_S = 0.02
QUICK_S = 0.1
QUICK_STEP_S = 0.0005
WRITES = "husk_writes"


def sqlite_engine(url: URL) -> Engine:
    """An engine in WAL mode whose write transactions begin as such. Connects to nothing."""
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None},
        pool_size=64,
        max_overflow=16,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=finite_json,
    )
    refuse_unstorable(engine)
    event.listen(engine, "do_connect", _private_file)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _private_file(_dialect: Any, _record: Any, arguments: list[Any], _parameters: dict[str, Any]) -> None:
    """Make the file 0600 before SQLite would make it readable: kernels of other uids pass its folder."""
    path = str(arguments[0])
    if not path.startswith(":") and not os.path.exists(path):  # noqa: PTH110 - SQLite's own text
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Settings that SQLite keeps per connection. WAL outlives readers, NORMAL outlives processes."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while not _wal(connection):
        # The change to WAL does not wait by the busy timeout when two processes open a new file.
        if time.monotonic() > deadline:
            raise sqlite3.OperationalError("database is locked")
        time.sleep(WAL_RETRY_S)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _wal(connection: sqlite3.Connection) -> bool:
    try:
        return bool(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first could not wait for it later."""
    if not connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN")
    elif not _quick_turn(cast(sqlite3.Connection, connection.connection.driver_connection)):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _quick_turn(connection: sqlite3.Connection) -> bool:
    """Begin to write within ``QUICK_S``, asking often: SQLite's own wait sleeps 1, 2, 5, 10 ms and more."""
    deadline = time.monotonic() + QUICK_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while not _begun(connection):
            if time.monotonic() > deadline:
                return False
            time.sleep(QUICK_STEP_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")
    return True


def _begun(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False  # asked again, and at last in the way that tells the reason
    return True
