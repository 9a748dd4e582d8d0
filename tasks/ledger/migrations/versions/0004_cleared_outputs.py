"""When the outputs of an execution were erased, and when those of a kernel last were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nothing was erased before."""
    op.add_column("executions", sa.Column("cleared_at", sa.Double(), nullable=True))
    op.add_column("kernels", sa.Column("cleared_at", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("kernels", "cleared_at")
    op.drop_column("executions", "cleared_at")
