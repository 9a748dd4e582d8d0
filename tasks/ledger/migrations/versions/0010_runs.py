"""Runs of flows with their nodes; schedules with their fires; which run an execution is of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("schedule_fires", "schedules", "node_runs", "runs", "run_groups")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make the tables; no execution is of a run yet."""
    for make in (_runs, _node_runs, _schedules, _executions):
        make()


def downgrade() -> None:
    """Drop them, with their indexes."""
    op.drop_index("ix_shared_files_newest", "shared_files")
    op.drop_index("ix_catalog_versions_execution", "catalog_versions")
    op.drop_index("ix_shared_files_execution", "shared_files")
    op.drop_index("ix_executions_run", "executions")
    for column in ("parameters", "attempt", "run_id"):
        op.drop_column("executions", column)
    for name in TABLES:
        op.drop_table(name)


def _runs() -> None:
    op.create_table(
        "run_groups",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_id", sa.String(length=12), nullable=False),
        sa.Column("matrix", sa.JSON(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_run_groups_flow_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_run_groups_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_groups")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_id", sa.String(length=12), nullable=False),
        sa.Column("flow_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.String(length=10), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=True),
        sa.Column("resumed_from", sa.String(length=12), nullable=True),
        sa.Column("schedule_id", sa.String(length=12), nullable=True),
        sa.Column("nominal_at", sa.Double(), nullable=True),
        sa.Column("schedule_attempt", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("kernels", sa.JSON(), nullable=False),
        sa.Column("woken", sa.JSON(), nullable=False),
        sa.Column("created_by", BIG_ID, nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("deadline", sa.Double(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("cancel_requested_at", sa.Double(), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_runs_flow_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_runs_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("owner_id", "idempotency_key", name=op.f("uq_runs_owner_id_idempotency_key")),
    )
    op.create_index(op.f("ix_runs_group_id"), "runs", ["group_id"], unique=False)
    op.create_index("ix_runs_newest", "runs", ["owner_id", "created_at", "id"], unique=False)
    op.create_index("ix_runs_of_flow", "runs", ["flow_id", "created_at", "id"], unique=False)
    op.create_index("ix_runs_of_schedule", "runs", ["schedule_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_runs_open",
        "runs",
        ["due_at", "id"],
        unique=False,
        **where("state = 'queued' OR state = 'running'"),
    )


def _node_runs() -> None:
    op.create_table(
        "node_runs",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("run_id", sa.String(length=12), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=True),
        sa.Column("execution_id", sa.String(length=49), nullable=True),
        sa.Column("lock_digest", sa.String(length=64), nullable=True),
        sa.Column("cache_key", sa.String(length=64), nullable=True),
        sa.Column("cached_from", BIG_ID, nullable=True),
        sa.Column("not_before", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("rows_in", sa.BigInteger(), nullable=True),
        sa.Column("rows_out", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_node_runs_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_runs")),
        sa.UniqueConstraint("run_id", "node_id", "attempt", name=op.f("uq_node_runs_run_id_node_id_attempt")),
    )
    op.create_index(
        "ix_node_runs_cache", "node_runs", ["cache_key", "id"], unique=False, **where("cache_key IS NOT NULL")
    )
    op.create_index("ix_node_runs_execution", "node_runs", ["execution_id"], unique=False)


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("source_flow_id", sa.String(length=12), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("start_at", sa.Double(), nullable=True),
        sa.Column("end_at", sa.Double(), nullable=True),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("armed_at", sa.Double(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_by", BIG_ID, nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_schedules_flow_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_schedules_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index(
        "ix_schedules_due", "schedules", ["next_at", "id"], unique=False, **where("next_at IS NOT NULL")
    )
    op.create_index("ix_schedules_newest", "schedules", ["owner_id", "created_at", "id"], unique=False)
    op.create_index("ix_schedules_of_flow", "schedules", ["flow_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_schedules_source",
        "schedules",
        ["source_flow_id"],
        unique=False,
        **where("source_flow_id IS NOT NULL"),
    )
    op.create_index(
        "ix_schedules_files", "schedules", ["owner_id"], unique=False, **where("cursor IS NOT NULL")
    )
    op.create_table(
        "schedule_fires",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("schedule_id", sa.String(length=12), nullable=False),
        sa.Column("nominal_at", sa.Double(), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.Double(), nullable=False),
        sa.Column("run_id", sa.String(length=12), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_fires_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_fires")),
        sa.UniqueConstraint(
            "schedule_id", "nominal_at", "cause", name=op.f("uq_schedule_fires_schedule_id_nominal_at_cause")
        ),
    )
    op.create_index(op.f("ix_schedule_fires_run_id"), "schedule_fires", ["run_id"], unique=False)
    op.create_index("ix_schedule_fires_newest", "schedule_fires", ["schedule_id", "id"], unique=False)
    op.create_index(
        "ix_schedule_fires_open",
        "schedule_fires",
        ["schedule_id", "id"],
        unique=False,
        **where("outcome = 'queued' OR outcome = 'waiting'"),
    )
    op.create_index("ix_shared_files_newest", "shared_files", ["owner_id", "id"], unique=False)


def _executions() -> None:
    op.add_column("executions", sa.Column("run_id", sa.String(length=12), nullable=True))
    op.add_column("executions", sa.Column("attempt", sa.Integer(), nullable=True))
    op.add_column("executions", sa.Column("parameters", sa.JSON(none_as_null=True), nullable=True))
    op.create_index(
        "ix_executions_run", "executions", ["run_id"], unique=False, **where("run_id IS NOT NULL")
    )
    op.create_index(
        "ix_shared_files_execution",
        "shared_files",
        ["execution_id"],
        unique=False,
        **where("execution_id IS NOT NULL"),
    )
    op.create_index("ix_catalog_versions_execution", "catalog_versions", ["execution_id"], unique=False)
