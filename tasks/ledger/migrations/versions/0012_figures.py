"""What ended lately, of all kernels together: an index for charts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME, ENDED = "ix_executions_finished", "finished_at IS NOT NULL"


def upgrade() -> None:
    """Make it."""
    ended = sa.text(ENDED)
    op.create_index(
        NAME, "executions", ["finished_at"], unique=False, sqlite_where=ended, postgresql_where=ended
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(NAME, "executions")
