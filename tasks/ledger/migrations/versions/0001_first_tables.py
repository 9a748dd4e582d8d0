"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _broker_state() -> None:
    op.create_table(
        "broker_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broker_state")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )


def _kernels() -> None:
    op.create_table(
        "kernels",
        sa.Column("uid", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("runtime", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("desired_state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("packages", sa.JSON(), nullable=False),
        sa.Column("memory_gb", sa.Double(), nullable=False),
        sa.Column("cpu_cores", sa.Double(), nullable=False),
        sa.Column("gpu", sa.Boolean(), nullable=False),
        sa.Column("persistence", sa.Boolean(), nullable=False),
        sa.Column("recovery_mode", sa.String(length=8), nullable=False),
        sa.Column("network", sa.String(length=10), nullable=False),
        sa.Column("flavour", sa.String(length=20), nullable=False),
        sa.Column("allow_sdist", sa.Boolean(), nullable=False),
        sa.Column("auto_restart", sa.Boolean(), nullable=False),
        sa.Column("idle_timeout_s", sa.Double(), nullable=True),
        sa.Column("env_encrypted", sa.Text(), nullable=True),
        sa.Column("generation", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("runtime_ref", sa.JSON(), nullable=False),
        sa.Column("redis_password_sha256", sa.String(length=64), nullable=True),
        sa.Column("journal_epoch", sa.String(length=64), nullable=True),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("intent_nonce", sa.String(length=64), nullable=True),
        sa.Column("intended_at", sa.Double(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state_since", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_kernels_owner_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_kernels")),
    )


def _shared_files() -> None:
    op.create_table(
        "shared_files",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column(
            "path",
            sa.String(length=1024).with_variant(sa.String(length=1024, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=1024), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_shared_files_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_files")),
        sa.UniqueConstraint(
            "owner_id", "path", "version", name=op.f("uq_shared_files_owner_id_path_version")
        ),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("sha256", name=op.f("uq_tokens_sha256")),
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("id", sa.String(length=49), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("stop_on_error", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("interactive", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("epoch_generation", sa.String(length=64), nullable=True),
        sa.Column("epoch_number", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.Double(), nullable=False),
        sa.Column("published_at", sa.Double(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("generation", sa.String(length=64), nullable=True),
        sa.Column("execution_count", sa.BigInteger(), nullable=True),
        sa.Column("wall_s", sa.Double(), nullable=True),
        sa.Column("cpu_s", sa.Double(), nullable=True),
        sa.Column("memory_peak_bytes", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("cancel_requested_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["kernel_uid"], ["kernels.uid"], name=op.f("fk_executions_kernel_uid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sa.UniqueConstraint(
            "kernel_uid", "idempotency_key", name=op.f("uq_executions_kernel_uid_idempotency_key")
        ),
        sa.UniqueConstraint("kernel_uid", "seq", name=op.f("uq_executions_kernel_uid_seq")),
    )


def _namespaces() -> None:
    op.create_table(
        "namespaces",
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kernel_uid"], ["kernels.uid"], name=op.f("fk_namespaces_kernel_uid")),
        sa.PrimaryKeyConstraint("kernel_uid", "flow_id", name=op.f("pk_namespaces")),
    )


def _execution_outputs() -> None:
    op.create_table(
        "execution_outputs",
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("truncated", sa.JSON(), nullable=False),
        sa.Column("logs", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("artifacts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_execution_outputs_execution_id")
        ),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_execution_outputs")),
    )


def _output_parts() -> None:
    op.create_table(
        "output_parts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("logs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_output_parts_execution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_parts")),
        sa.UniqueConstraint("execution_id", "part", name=op.f("uq_output_parts_execution_id_part")),
    )


def _indexes() -> None:
    op.create_index(
        "ux_kernels_owner_slug",
        "kernels",
        ["owner_id", "slug"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_shared_files_unpromoted",
        "shared_files",
        ["id"],
        unique=False,
        sqlite_where=sa.text("promoted = 0"),
        postgresql_where=sa.text("NOT promoted"),
    )
    op.create_index(
        "ux_shared_files_latest",
        "shared_files",
        ["owner_id", "path"],
        unique=True,
        sqlite_where=sa.text("latest = 1"),
        postgresql_where=sa.text("latest"),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)
    op.create_index(op.f("ix_executions_batch_id"), "executions", ["batch_id"], unique=False)
    op.create_index(
        "ix_executions_newest", "executions", ["owner_id", "submitted_at", "seq", "id"], unique=False
    )
    op.create_index(
        "ix_executions_open",
        "executions",
        ["kernel_uid", "status", "seq"],
        unique=False,
        sqlite_where=sa.text("status = 'queued' OR status = 'running'"),
        postgresql_where=sa.text("status = 'queued' OR status = 'running'"),
    )


def upgrade() -> None:
    """Make them, those that others refer to first."""
    _broker_state()
    _users()
    _kernels()
    _shared_files()
    _tokens()
    _executions()
    _namespaces()
    _execution_outputs()
    _output_parts()
    _indexes()


def downgrade() -> None:
    """Drop them."""
    for table in (
        "output_parts",
        "execution_outputs",
        "namespaces",
        "executions",
        "tokens",
        "shared_files",
        "kernels",
        "users",
        "broker_state",
    ):
        op.drop_table(table)
