"""Migrations, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from broker_config.wire.errors import BadSettings, Unavailable
from tasks.ledger import files, kernels, migrations, sessions, tokens, users
from tasks.ledger.engines import make_engine
from tasks.ledger.migrations import scripts
from tasks.ledger.models import Base
from tasks.ledger.secrets_kept import sha256
from tasks.ledger.session import Ledger
from tests.integration.databases import PostgresServer
from tests.integration.ledger_rows import NOW, add_user, at_once

MIGRATE = (
    "import sys; from tasks.ledger.session import Ledger; l = Ledger(sys.argv[1]); l.migrate(); l.dispose()"
)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables: each test runs once on each."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'husk.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def ledger(new_ledger: Callable[[], Ledger]) -> Ledger:
    """Migrated in this test."""
    made = new_ledger()
    made.migrate()
    return made


@pytest.fixture
def engine(database_url: str) -> Engine:
    return make_engine(database_url)


def test_the_migrations_make_the_tables_of_the_models(ledger: Ledger, engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_migrations_make_the_indexes_of_the_models_with_their_conditions(
    ledger: Ledger, engine: Engine
) -> None:
    def indexes(of: Engine) -> dict[str, str]:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if of.dialect.name == "postgresql":
            query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        with of.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(text(query))}

    migrated = indexes(engine)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    migrated.pop("alembic_version_pkc", None)
    made = indexes(engine)
    made.pop("alembic_version_pkc", None)
    assert migrated == made
    engine.dispose()


@pytest.mark.parametrize("to", ["0010", "0009", "base"])
def test_the_newest_revisions_go_back_and_forth_and_keep_rows_from_before_them(
    ledger: Ledger, engine: Engine, to: str
) -> None:
    with engine.begin() as connection:
        for statement in OLD_ROWS if to != "base" else ():
            connection.execute(text(statement))
    with engine.begin() as connection:
        directory = scripts()
        with EnvironmentContext(
            Config(),
            directory,
            fn=lambda revision, _context: directory._downgrade_revs(to, revision),
        ) as environment:
            environment.configure(connection=connection, transactional_ddl=True, render_as_batch=True)
            environment.run_migrations()
    assert "notebooks" not in inspect(engine).get_table_names()
    ledger.migrate()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        count = connection.execute(text("SELECT count(*) FROM executions WHERE cell_id IS NULL")).scalar()
    assert count == (0 if to == "base" else 1)
    engine.dispose()


def test_migrating_again_changes_nothing_and_keeps_rows(ledger: Ledger) -> None:
    add_user(ledger)
    ledger.migrate()
    with ledger.read() as s:
        assert users.by_name(s, "ann") is not None


def test_processes_and_threads_that_migrate_at_once_all_succeed(
    database_url: str, new_ledger: Callable[[], Ledger]
) -> None:
    command = [sys.executable, "-W", "error", "-c", MIGRATE, database_url]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    ledgers = [new_ledger() for _ in range(4)]
    assert at_once(4, lambda number: ledgers[number].migrate()) == [None] * 4
    said = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    add_user(ledgers[0])


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    new_ledger: Callable[[], Ledger], engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE output_parts (x INTEGER)"))  # in the way of the last table
    with pytest.raises(Unavailable):
        new_ledger().migrate()
    assert inspect(engine).get_table_names() == ["output_parts"]
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE output_parts"))
    engine.dispose()
    again = new_ledger()
    again.migrate()
    add_user(again)


def test_a_database_of_a_newer_release_is_refused_and_left_alone(ledger: Ledger, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadSettings, match="newer release"):
        ledger.migrate()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_there_is_one_line_of_revisions() -> None:
    assert len(scripts().get_heads()) == 1


def test_a_ledger_that_was_never_migrated_is_unavailable(new_ledger: Callable[[], Ledger]) -> None:
    with pytest.raises(Unavailable), new_ledger().write() as s:
        users.create(s, "ann", "editor", NOW)


def test_the_third_revision_knows_what_was_promoted_before(
    engine: Engine, new_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, upload = new_ledger(), "00000000-0000-4000-8000-000000000000"
    with monkeypatch.context() as before:
        before.setattr(migrations, "NEWEST", "0002")
        ledger.migrate()
    with engine.begin() as connection:
        for statement in (OLD_ROWS[0], *OLD_FILES):
            connection.execute(text(statement))
    ledger.migrate()
    with ledger.read() as s:
        left = {row.path: row.old_key for row in files.left_over(s, NOW, 10)}
    assert left == {"of a kernel": f"k/AAAAAAAAAAAA/u/{upload}"}
    engine.dispose()


def test_the_second_revision_keeps_what_the_first_holds(
    database_url: str, engine: Engine, new_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows as the release before wrote them, of every table that others refer to."""
    first = new_ledger()
    with monkeypatch.context() as before:
        before.setattr(migrations, "NEWEST", "0001")
        first.migrate()
    with engine.begin() as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement))
    kept = _rows(engine)
    assert {name for name, rows in kept.items() if rows} >= {"users", "tokens", "kernels", "executions"}
    first.migrate()
    for name, rows in kept.items():
        now = _rows(engine, {name: tuple(rows[0]) if rows else ("*",)})[name]
        assert now == rows, name
    with first.read() as s:
        ann = users.by_name(s, "ann")
        assert ann is not None
        assert (ann.version, ann.role) == (0, "editor")
        assert kernels.visible(s, ann, "k").uid == "AAAAAAAAAAAA"
        assert tokens.authenticate(s, "plain", NOW) is not None
    with first.write() as s:
        assert sessions.create(s, ann, sessions.Browser("link", "", ""), NOW, 10)[0].id > 0
    engine.dispose()


OLD_ROWS = (
    "INSERT INTO users (id, name, role, disabled, password_hash, created_at)"
    " VALUES (1, 'ann', 'editor', false, NULL, 1.5), (2, 'bob', 'viewer', true, 'x', 2.5)",
    "INSERT INTO tokens (id, user_id, name, sha256, scope, created_at)"
    f" VALUES (1, 1, 't', '{sha256('plain')}', 'write', 1.0)",
    "INSERT INTO kernels (uid, owner_id, slug, name, runtime, state, desired_state, packages, memory_gb,"
    " cpu_cores, gpu, persistence, recovery_mode, network, flavour, allow_sdist, auto_restart, facts,"
    " runtime_ref, next_seq, revision, state_since, created_at)"
    " VALUES ('AAAAAAAAAAAA', 1, 'k', 'K', 'process', 'stopped', 'stopped', '[]', 2, 2, false, true, 'lazy',"
    " 'internet', 'base', false, false, '{}', '{}', 1, 0, 1.0, 1.0)",
    "INSERT INTO executions (id, kernel_uid, owner_id, flow_id, stop_on_error, seq, interactive, code,"
    " status, revision, submitted_at) VALUES ('AAAAAAAAAAAA-1', 'AAAAAAAAAAAA', 1, '', false, 1, true, '1',"
    " 'queued', 0, 1.0)",
)

OLD_FILES = tuple(
    "INSERT INTO shared_files (owner_id, path, version, object_key, size, sha256, damaged, promoted, latest,"
    f" execution_id, created_at) VALUES (1, '{path}', 1, '{key}', 3, '', false, {promoted}, true, {by}, 1.5)"
    for path, key, promoted, by in (
        ("of a kernel", "u/1/files/00000000-0000-4000-8000-000000000000", "true", "'AAAAAAAAAAAA-1'"),
        ("of a person", "u/1/files/00000000-0000-4000-8000-000000000001", "true", "NULL"),
        ("to do", "k/AAAAAAAAAAAA/u/00000000-0000-4000-8000-000000000002", "false", "'AAAAAAAAAAAA-1'"),
        ("damaged", "k/AAAAAAAAAAAA/u/00000000-0000-4000-8000-000000000003", "true", "'AAAAAAAAAAAA-1'"),
    )
)


def _rows(
    engine: Engine, columns: dict[str, tuple[str, ...]] | None = None
) -> dict[str, list[dict[str, object]]]:
    wanted = columns or {
        name: ("*",) for name in inspect(engine).get_table_names() if name != "alembic_version"
    }
    with engine.connect() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(text(f"SELECT {', '.join(names)} FROM {name}")).mappings()
            ]
            for name, names in wanted.items()
        }
