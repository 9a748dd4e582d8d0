"""Notebooks with their versions and kept outputs; which cell of its document an execution is of.

Outputs of nodes have previews: what was put out before has none.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make the tables; no execution is known to be of a cell yet."""
    op.create_table(
        "notebooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kernel_uid", sa.String(length=12), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cell_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_notebooks_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notebooks")),
    )
    op.create_index(
        "ix_notebooks_of",
        "notebooks",
        ["owner_id", "updated_at", "id"],
        unique=False,
        **where("deleted_at IS NULL"),
    )
    op.create_table(
        "notebook_versions",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("saved_by", BIG_ID, nullable=True),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.Column("saved_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notebook_id"], ["notebooks.id"], name=op.f("fk_notebook_versions_notebook_id")
        ),
        sa.PrimaryKeyConstraint("notebook_id", "version", name=op.f("pk_notebook_versions")),
    )
    op.create_table(
        "notebook_outputs",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notebook_id"], ["notebooks.id"], name=op.f("fk_notebook_outputs_notebook_id")
        ),
        sa.PrimaryKeyConstraint("notebook_id", "digest", name=op.f("pk_notebook_outputs")),
    )
    op.add_column("executions", sa.Column("cell_id", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_executions_cell",
        "executions",
        ["flow_id", "cell_id", "submitted_at"],
        unique=False,
        **where("cell_id IS NOT NULL"),
    )
    op.add_column("flow_outputs", sa.Column("preview", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("flow_outputs", "preview")
    op.drop_index("ix_executions_cell", "executions")
    op.drop_column("executions", "cell_id")
    for name in ("notebook_outputs", "notebook_versions", "notebooks"):
        op.drop_table(name)
