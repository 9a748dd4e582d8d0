"""Kernels: made, seen, asked to change. Their changes of state are in ``kernel_states``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.errors import Conflict, NotFound
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger import pages
from tasks.ledger.faults import conflict
from tasks.ledger.kernel_states import alive, intend, mark_deleted, move, unsettled, update
from tasks.ledger.models import Kernel, User
from tasks.ledger.namespaces import epoch_of, next_epoch
from tasks.ledger.shares import may_see, shared_uids

__all__ = [
    "NewKernel",
    "alive",
    "check_free",
    "create",
    "epoch_of",
    "get",
    "intend",
    "mark_deleted",
    "move",
    "next_epoch",
    "page",
    "persistent",
    "there",
    "unsettled",
    "update",
    "visible",
]

EXISTS = Kernel.deleted_at.is_(None)


@dataclass(frozen=True, slots=True)
class NewKernel:
    """What a kernel is made of; ``slug`` is the owner's id for it. Sizes in GB, times in seconds."""

    owner_id: int
    slug: str
    name: str
    runtime: str
    packages: list[str]
    memory_gb: float
    cpu_cores: float
    gpu: bool
    persistence: bool
    recovery_mode: str
    network: str
    flavour: str
    allow_sdist: bool
    auto_restart: bool
    idle_timeout_s: float | None
    env_encrypted: str | None
    lock_digest: str | None = None
    locked_by: int | None = None
    locked_at: float | None = None


def create(s: Session, values: NewKernel, now: float) -> Kernel:
    """Make a stopped kernel that is meant to be stopped.

    Raises:
        Conflict: field ``id``: the owner has a kernel of this id.
    """
    kernel = Kernel(
        uid=names.new_uid(),
        **asdict(values),
        state=KernelState.STOPPED.value,
        desired_state=DesiredState.STOPPED.value,
        facts={},
        runtime_ref={},
        next_seq=0,
        revision=0,
        state_since=now,
        created_at=now,
    )
    s.add(kernel)
    with conflict(f"you have a kernel {values.slug!r} already", "id"):
        s.flush()
    return kernel


def check_free(s: Session, owner_id: int, slug: str) -> None:
    """Raise ``Conflict``, field ``id``, where ``create`` would: for who does something long before it."""
    query = select(Kernel.uid).where(EXISTS, Kernel.owner_id == owner_id, Kernel.slug == slug)
    if s.scalar(query) is not None:
        raise Conflict(f"you have a kernel {slug!r} already", "id")


def _meant(user: User, ref: str) -> ColumnElement[bool]:
    own = (Kernel.owner_id == user.id) & (Kernel.slug == ref)
    return own if len(ref) != names.UID_LENGTH else own | ((Kernel.uid == ref) & may_see(user))


def visible(s: Session, user: User, ref: str) -> Kernel:
    """The kernel that a user means by their own id for it, or by a uid that they may see.

    One's own id comes first where a text is both. Deleted kernels are not there.

    Raises:
        NotFound: none, or somebody else's.
    """
    found = s.scalars(select(Kernel).where(EXISTS, _meant(user, ref))).all()
    if not found:
        raise NotFound("there is no such kernel")
    return min(found, key=lambda kernel: (kernel.owner_id, kernel.slug) != (user.id, ref))


def there(s: Session, uids: Collection[str]) -> list[Kernel]:
    """Those of these kernels that are there, whoever may see them."""
    return list(s.scalars(select(Kernel).where(EXISTS, Kernel.uid.in_(uids))))


def persistent(s: Session, uids: Collection[str]) -> dict[str, bool]:
    """Whether these kernels keep their artifacts over a restart, by uid; what is not there is left out."""
    if not uids:
        return {}
    query = select(Kernel.uid, Kernel.persistence).where(EXISTS, Kernel.uid.in_(uids))
    return {uid: kept for uid, kept in s.execute(query)}


def get(s: Session, uid: str) -> Kernel | None:
    """The kernel of a uid, deleted or not."""
    return s.get(Kernel, uid)


def page(
    s: Session,
    user: User,
    after: str | None,
    limit: int,
    all: bool = False,
) -> tuple[list[Kernel], str | None]:
    """A user's kernels and those shared with them by age, and the next cursor; an admin may ask for all.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Kernel).where(EXISTS).order_by(Kernel.created_at, Kernel.uid).limit(limit + 1)
    if not (all and user.role == "admin"):
        query = query.where(or_(Kernel.owner_id == user.id, Kernel.uid.in_(shared_uids(user))))
    if after is not None:
        key = pages.decode(after, float, str)
        query = query.where(tuple_(Kernel.created_at, Kernel.uid) > tuple_(*key))
    return pages.cut(s.scalars(query).all(), limit, lambda kernel: [kernel.created_at, kernel.uid])
