"""Flows with their outputs, local artifacts, the catalog, and lines of logs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    *("log_lines", "catalog_reads", "catalog_inputs", "catalog_tags", "catalog_versions", "catalog_names"),
    *("artifacts", "doomed_objects", "finalized", "flow_outputs", "flow_versions", "flows"),
)


def bytewise(length: int) -> Any:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def where(sqlite: str, postgresql: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(sqlite), "postgresql_where": sa.text(postgresql)}


def upgrade() -> None:
    """Make the tables."""
    for make in (_flows, _artifacts, _catalog, _catalog_rest, _logs):
        make()


def downgrade() -> None:
    """Drop them, with their indexes."""
    for name in TABLES:
        op.drop_table(name)


def _flows() -> None:
    op.create_table(
        "flows",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_flows_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")),
    )
    op.create_index(
        "ix_flows_of",
        "flows",
        ["owner_id", "created_at", "id"],
        unique=False,
        **where("deleted_at IS NULL", "deleted_at IS NULL"),
    )
    op.create_table(
        "flow_versions",
        sa.Column("flow_id", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("saved_by", BIG_ID, nullable=True),
        sa.Column("saved_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_versions_flow_id")),
        sa.PrimaryKeyConstraint("flow_id", "version", name=op.f("pk_flow_versions")),
    )
    op.create_table(
        "flow_outputs",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_key", sa.String(length=64), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("name", bytewise(200), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("object_key", sa.String(length=1024), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("passed_through", sa.Boolean(), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_flow_outputs_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_outputs")),
        sa.UniqueConstraint(
            "owner_id",
            "flow_key",
            "node_id",
            "name",
            name=op.f("uq_flow_outputs_owner_id_flow_key_node_id_name"),
        ),
    )
    op.create_index("ix_flow_outputs_object", "flow_outputs", ["object_key"], unique=False)
    op.create_index(
        "ix_flow_outputs_unpromoted",
        "flow_outputs",
        ["id"],
        unique=False,
        **where("promoted = 0", "NOT promoted"),
    )
    op.create_table(
        "finalized",
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_finalized")),
    )
    op.create_index(op.f("ix_finalized_at"), "finalized", ["at"], unique=False)
    op.create_table(
        "doomed_objects",
        sa.Column("key", sa.String(length=1024), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_doomed_objects")),
    )
    op.create_index(op.f("ix_doomed_objects_at"), "doomed_objects", ["at"], unique=False)


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("flow_key", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=5), nullable=False),
        sa.Column("name", bytewise(200), nullable=False),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("object_key", sa.String(length=1024), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("type_name", sa.String(length=200), nullable=False),
        sa.Column("module", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_artifacts_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifacts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_artifacts_kernel", "artifacts", ["kernel_uid", "id"], unique=False)
    op.create_index("ix_artifacts_object", "artifacts", ["object_key"], unique=False)
    op.create_index(
        "ux_artifacts_name",
        "artifacts",
        ["owner_id", "flow_key", "scope", "name"],
        unique=True,
        **where("staged = 0", "NOT staged"),
    )
    op.create_index(
        "ux_artifacts_staged",
        "artifacts",
        ["execution_id", "name"],
        unique=True,
        **where("staged = 1", "staged"),
    )


def _catalog() -> None:
    op.create_table(
        "catalog_names",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("namespace", bytewise(200), nullable=False),
        sa.Column("name", bytewise(200), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_catalog_names_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_names")),
        sa.UniqueConstraint(
            "owner_id", "namespace", "name", name=op.f("uq_catalog_names_owner_id_namespace_name")
        ),
    )
    op.create_table(
        "catalog_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("namespace", bytewise(200), nullable=False),
        sa.Column("name", bytewise(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("type_name", sa.String(length=200), nullable=False),
        sa.Column("module", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("object_key", sa.String(length=1024), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("flow_version", sa.Integer(), nullable=True),
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("lock_digest", sa.String(length=64), nullable=True),
        sa.Column("promoted_from", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_catalog_versions_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_versions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_catalog_versions_flow", "catalog_versions", ["flow_id"], unique=False)
    op.create_index(
        "ix_catalog_versions_newest",
        "catalog_versions",
        ["owner_id", "id"],
        unique=False,
        **where("version IS NOT NULL", "version IS NOT NULL"),
    )
    op.create_index("ix_catalog_versions_object", "catalog_versions", ["object_key"], unique=False)
    op.create_index(
        "ix_catalog_versions_prepared",
        "catalog_versions",
        ["created_at"],
        unique=False,
        **where("version IS NULL", "version IS NULL"),
    )
    op.create_index(
        "ix_catalog_versions_unpromoted",
        "catalog_versions",
        ["id"],
        unique=False,
        **where("promoted = 0", "NOT promoted"),
    )
    op.create_index(
        "ux_catalog_versions",
        "catalog_versions",
        ["owner_id", "namespace", "name", "version"],
        unique=True,
        **where("version IS NOT NULL", "version IS NOT NULL"),
    )


def _catalog_rest() -> None:
    op.create_table(
        "catalog_tags",
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("tag", bytewise(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["catalog_versions.id"],
            name=op.f("fk_catalog_tags_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "tag", name=op.f("pk_catalog_tags")),
    )
    op.create_index(op.f("ix_catalog_tags_tag"), "catalog_tags", ["tag"], unique=False)
    op.create_table(
        "catalog_inputs",
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("input", bytewise(450), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["catalog_versions.id"],
            name=op.f("fk_catalog_inputs_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "input", name=op.f("pk_catalog_inputs")),
    )
    op.create_index(op.f("ix_catalog_inputs_input"), "catalog_inputs", ["input"], unique=False)
    op.create_table(
        "catalog_reads",
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("flow_key", sa.String(length=64), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["catalog_versions.id"],
            name=op.f("fk_catalog_reads_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "flow_key", "node_id", name=op.f("pk_catalog_reads")),
    )


def _logs() -> None:
    op.create_table(
        "log_lines",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=False),
        sa.Column("execution_id", sa.String(length=49), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("node_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("logger", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_lines")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_log_lines_execution", "log_lines", ["execution_id"], unique=False)
    op.create_index("ix_log_lines_flow", "log_lines", ["flow_id", "id"], unique=False)
    op.create_index("ix_log_lines_kernel", "log_lines", ["kernel_uid", "id"], unique=False)
    op.create_index("ix_log_lines_owner", "log_lines", ["owner_id", "id"], unique=False)
