"""Engines of the two databases. Making one connects to nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from tasks.ledger.faults import refuse_unstorable

BUSY_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 10_000
WAL_RETRY_S = 0.02
WRITES = "husk_writes"
_json = partial(json.dumps, separators=(",", ":"), allow_nan=False)

POSTGRES = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": STATEMENT_TIMEOUT_MS,
    "application_name": "husk",
    "options": (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=60000"
    ),
}


def make_engine(text: str) -> Engine:
    """The engine of a database URL; ``postgresql://`` means psycopg 3."""
    url = make_url(text)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgres(url.set(drivername="postgresql+psycopg"))


def _postgres(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args=dict(POSTGRES),
        pool_size=16,
        max_overflow=48,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_pre_ping=True,  # a restarted server costs no request
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_json,
    )
    refuse_unstorable(engine)
    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None},
        pool_size=64,
        max_overflow=16,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_json,
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
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
