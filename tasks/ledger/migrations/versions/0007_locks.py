"""Locks of packages, and which kernel has which since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, and the columns of kernels that refer to it. Kernels had no packages before."""
    op.create_table(
        "locks",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("python", sa.String(length=8), nullable=False),
        sa.Column("flavour", sa.String(length=20), nullable=False),
        sa.Column("packages", sa.JSON(), nullable=False),
        sa.Column("allow_sdist", sa.Boolean(), nullable=False),
        sa.Column("made_by", BIG_ID, nullable=True),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_locks_made_by")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_locks")),
    )
    # Inline: SQLite adds no constraint to a table that is there, and would drop one that others refer to.
    refers = sa.ForeignKey("locks.digest", name=op.f("fk_kernels_lock_digest"))
    digest = sa.Column("lock_digest", sa.String(length=64), refers, nullable=True)
    op.add_column("kernels", digest, inline_references=True)
    op.add_column("kernels", sa.Column("locked_by", BIG_ID, nullable=True))
    op.add_column("kernels", sa.Column("locked_at", sa.Double(), nullable=True))
    op.create_index(op.f("ix_kernels_lock_digest"), "kernels", ["lock_digest"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_kernels_lock_digest"), "kernels")
    for name in ("locked_at", "locked_by", "lock_digest"):
        op.drop_column("kernels", name)
    op.drop_table("locks")
