"""Uploads of shared files that come in several requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTEWISE = sa.String(length=1024).with_variant(sa.String(length=1024, collation="C"), "postgresql")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "file_uploads",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("path", BYTEWISE, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.String(length=1024), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("touched_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_file_uploads_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_uploads")),
        sa.UniqueConstraint("owner_id", "path", "name", name=op.f("uq_file_uploads_owner_id_path_name")),
    )
    op.create_index(op.f("ix_file_uploads_touched_at"), "file_uploads", ["touched_at"], unique=False)
    op.create_table(
        "file_upload_parts",
        sa.Column("upload_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["file_uploads.id"], name=op.f("fk_file_upload_parts_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_file_upload_parts")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("file_upload_parts")
    op.drop_index(op.f("ix_file_uploads_touched_at"), "file_uploads")
    op.drop_table("file_uploads")
