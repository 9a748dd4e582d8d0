"""What is done with kernels by themselves: restarts after a failure, stops without work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTERS = ("failures", "restarts", "idle_stops")
OTHERS = {"last_failure": sa.Text, "restart_at": sa.Double, "note": sa.Text, "noted_at": sa.Double}
ENDED = sa.text("finished_at IS NOT NULL")


def upgrade() -> None:
    """Add the columns, and the index that tells when a kernel's last cell ended."""
    for name in COUNTERS:
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("kernels", column)
    for name, kind in OTHERS.items():
        op.add_column("kernels", sa.Column(name, kind(), nullable=True))
    op.create_index(
        "ix_executions_ended",
        "executions",
        ["kernel_uid", "finished_at"],
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_executions_ended", "executions")
    for name in (*OTHERS, *COUNTERS):
        op.drop_column("kernels", name)
