"""Where promoted shared files were copied from, until that is removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = "ix_shared_files_left_over"
LEFT = "old_key IS NOT NULL"
# A copy kept the last part of its key, and an execution's id begins with its kernel's uid.
KNOWN_BEFORE = """
UPDATE shared_files
SET promoted_at = created_at,
    old_key = 'k/' || substr(execution_id, 1, 12) || '/u/' || substr(object_key, length(object_key) - 35)
WHERE promoted AND execution_id IS NOT NULL AND object_key LIKE 'u/%'
"""


def upgrade() -> None:
    """Add the columns; what was promoted before may have left something too."""
    op.add_column("shared_files", sa.Column("promoted_at", sa.Double(), nullable=True))
    op.add_column("shared_files", sa.Column("old_key", sa.String(length=1024), nullable=True))
    op.create_index(INDEX, "shared_files", ["id"], sqlite_where=sa.text(LEFT), postgresql_where=sa.text(LEFT))
    op.execute(KNOWN_BEFORE)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(INDEX, "shared_files")
    op.drop_column("shared_files", "old_key")
    op.drop_column("shared_files", "promoted_at")
