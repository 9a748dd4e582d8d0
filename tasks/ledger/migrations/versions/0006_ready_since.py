"""Since when a kernel is up, whatever it was silent in between."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of those that are up, the last change of state is what is known."""
    op.add_column("kernels", sa.Column("ready_since", sa.Double(), nullable=True))
    op.execute("UPDATE kernels SET ready_since = state_since WHERE state IN ('ready', 'unresponsive')")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("kernels", "ready_since")
