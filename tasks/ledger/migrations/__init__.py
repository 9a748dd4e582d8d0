"""Migrations by Alembic, run in the transaction of ``Ledger.migrate``, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text

from broker_config.wire.errors import BadSettings

# Any number, the same in every release: PostgreSQL's processes wait for each other by it.
LOCK = 4_875_731
NEWEST = "head"


def scripts() -> ScriptDirectory:
    """The revisions shipped beside this file."""
    return ScriptDirectory(str(Path(__file__).parent))


def upgrade(connection: Connection) -> None:
    """Run the missing revisions inside the connection's open transaction.

    Raises:
        BadSettings: the database has a revision that this release does not know.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('lock_timeout', '60s', true)"))
        connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    directory = scripts()
    with EnvironmentContext(Config(), directory, fn=_steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True, render_as_batch=True)
        environment.run_migrations()


def _steps(revision: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
    try:
        return list(scripts()._upgrade_revs(NEWEST, revision))  # type: ignore[arg-type]
    except (CommandError, ResolutionError) as error:
        raise BadSettings("the database was written by a newer release of Husk: use that one") from error
