"""Kernels and the namespaces on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId

EXISTS = text("deleted_at IS NULL")


class Kernel(Base):
    """A kernel. ``uid`` is its opaque id everywhere; ``slug`` the owner's own id for it (api.md's ``id``)."""

    __tablename__ = "kernels"
    __table_args__ = (
        # A deleted kernel's id may be given again.
        Index(
            "ux_kernels_owner_slug",
            "owner_id",
            "slug",
            unique=True,
            sqlite_where=EXISTS,
            postgresql_where=EXISTS,
        ),
    )

    uid: Mapped[str] = mapped_column(String(12), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    runtime: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(14))
    desired_state: Mapped[str] = mapped_column(String(10))
    error: Mapped[str | None] = mapped_column(Text)

    packages: Mapped[list[str]] = mapped_column(default=list)
    memory_gb: Mapped[float]
    cpu_cores: Mapped[float]
    gpu: Mapped[bool] = mapped_column(default=False)
    persistence: Mapped[bool] = mapped_column(default=True)
    recovery_mode: Mapped[str] = mapped_column(String(8), default="lazy")
    network: Mapped[str] = mapped_column(String(10), default="internet")
    flavour: Mapped[str] = mapped_column(String(20), default="base")
    allow_sdist: Mapped[bool] = mapped_column(default=False)
    lock_digest: Mapped[str | None] = mapped_column(String(64), ForeignKey("locks.digest"), index=True)
    locked_by: Mapped[int | None] = mapped_column(BigId)  # who gave it this lock, and when
    locked_at: Mapped[float | None]
    auto_restart: Mapped[bool] = mapped_column(default=False)
    idle_timeout_s: Mapped[float | None]
    env_encrypted: Mapped[str | None] = mapped_column(Text)  # Fernet of a JSON object

    generation: Mapped[str | None] = mapped_column(String(64))  # the runner's, null unless it lives
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of the Ready event
    runtime_ref: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the runtime needs to find it
    redis_password_sha256: Mapped[str | None] = mapped_column(String(64))
    journal_epoch: Mapped[str | None] = mapped_column(String(64))  # broker epoch its journal was reported for
    next_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    intent_nonce: Mapped[str | None] = mapped_column(String(64))  # the lifecycle message that counts
    intended_at: Mapped[float | None]  # after ``state_since`` of an error: somebody asked again
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    state_since: Mapped[float]
    ready_since: Mapped[float | None]  # it last came up; being unresponsive in between changes nothing
    created_at: Mapped[float]
    deleted_at: Mapped[float | None]
    cleared_at: Mapped[float | None]  # outputs of executions were last erased; pages follow it

    # What policies did: written by the lifecycle worker alone, but for what a wish clears.
    failures: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))  # in a row
    last_failure: Mapped[str | None] = mapped_column(Text)
    restart_at: Mapped[float | None]  # in ``error``: it is started again by itself then
    restarts: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))  # by itself, ever
    idle_stops: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))  # ever
    note: Mapped[str | None] = mapped_column(Text)  # what was done by itself since somebody last asked
    noted_at: Mapped[float | None]


class Namespace(Base):
    """A flow's namespace on a kernel; ``epoch`` counts its restarts and losses."""

    __tablename__ = "namespaces"

    kernel_uid: Mapped[str] = mapped_column(ForeignKey("kernels.uid"), primary_key=True)
    flow_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
