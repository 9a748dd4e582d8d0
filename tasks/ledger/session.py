"""The ledger's door: sessions that read, sessions that write, migrations."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from broker_config.wire.errors import Unavailable
from tasks.ledger import news
from tasks.ledger.engines import make_engine
from tasks.ledger.faults import translated
from tasks.ledger.sqlite_engine import BUSY_TIMEOUT_S, WRITES

__all__ = ["Ledger", "Session"]


class Ledger:
    """One database. It connects at first use, may be used by many threads, and survives a fork.

    What a block raises: ``Unavailable`` (busy, gone, disconnected), ``Conflict`` (a constraint),
    ``BadField`` (a value that cannot be stored), else what its body raises. Rows may be read after
    their block.

    Raises:
        BadSettings: the URL is of no database that serves.
    """

    def __init__(self, url: str) -> None:
        self.tell: Callable[[news.News], None] = lambda _news: None
        """Called after a commit with what it changed of whose; it does not raise."""
        self._url = url
        self._fresh()

    def _fresh(self) -> None:
        self._pid = os.getpid()
        self._engine = make_engine(self._url)
        self._writing = self._engine.execution_options(**{WRITES: True})
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._turn = threading.Lock()

    def _own(self) -> None:
        """Connections do not cross a fork: a child gets its own engine."""
        if self._pid != os.getpid():
            self._engine.dispose(close=False)
            self._fresh()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the ledger (SQLite) and writes nothing."""
        self._own()
        with translated(), _session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back on any error. Do not nest it."""
        self._own()
        with self._my_turn(), translated(), _session(self._writing) as session, session.begin():
            yield session
        told = news.of(session)
        if told:
            self.tell(told)

    @contextmanager
    def write_rows(self) -> Iterator[Connection]:
        """As ``write``, for what needs no objects of rows: their mapping costs as much as its statements."""
        self._own()
        with self._my_turn(), translated(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """On SQLite, let this process's writers wait for each other here: its own waits are sleeps."""
        if not self._sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise Unavailable("the database is busy; try again")
        try:
            yield
        finally:
            self._turn.release()

    def migrate(self) -> None:
        """Bring the tables up to this release. Many processes may do so at once: one does it.

        Raises:
            BadSettings: the database was written by a newer release.
        """
        from tasks.ledger.migrations import upgrade  # Alembic costs every process that only reads 0.1 s

        self._own()
        with self._my_turn(), translated(), self._writing.begin() as connection:
            upgrade(connection)

    def ping(self) -> None:
        """Ask the database for an answer.

        Raises:
            Unavailable: there is none.
        """
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close the idle connections; the ledger may be used again."""
        self._engine.dispose()


def _session(engine: Engine) -> Session:
    return Session(engine, expire_on_commit=False)
