"""Engines of the two databases. Making one connects to nothing."""

from __future__ import annotations

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from broker_config.wire.errors import BadSettings
from tasks.ledger.faults import finite_json, refuse_unstorable
from tasks.ledger.sqlite_engine import sqlite_engine

CONNECT_TIMEOUT_S = 5
POOL_TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_MS = 10_000

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
    """The engine of a database URL; ``postgresql://`` means psycopg 3.

    Raises:
        BadSettings: another database, no file, or psycopg is not installed; never names the URL.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise BadSettings("HUSK_DATABASE_URL is not a URL: sqlite:///FILE or postgresql://...") from None
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database not in {None, "", ":memory:"}:
        return sqlite_engine(url)
    if backend == "postgresql":
        return _postgres(url.set(drivername="postgresql+psycopg"))
    raise BadSettings("HUSK_DATABASE_URL is sqlite:///FILE or postgresql://...: no other database serves")


def _postgres(url: URL) -> Engine:
    try:
        engine = _engine(url)
    except ModuleNotFoundError:
        raise BadSettings("PostgreSQL needs psycopg: install husk[postgres]") from None
    refuse_unstorable(engine)
    return engine


def _engine(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args=dict(POSTGRES),
        pool_size=16,
        max_overflow=48,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,  # a restarted server costs no request
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=finite_json,
    )
