"""Lines that executions logged: written when they end, searched, and the oldest dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from broker_config.wire.errors import BadField
from tasks.ledger import news, pages
from tasks.ledger.batches import batched, quietly
from tasks.ledger.models import Execution, Kernel, LogLine, OutputPart, User
from tasks.ledger.shares import shared_uids

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MOST_OF_ONE = 10_000
"""Lines of one execution that can be searched: the last ones."""
LONGEST_MESSAGE = 8_000
LONGEST_LOGGER = 200
_OF_EXECUTION = ("owner_id", "kernel_uid", "flow_id", "node_id")


def write(s: Session, logs: Mapping[str, Sequence[Any]]) -> None:
    """Write the lines of executions that ended, by execution: ``LogRecord`` as plain data."""
    said = {execution_id: lines for execution_id, lines in logs.items() if lines}
    if not said:
        return
    about = select(
        Execution.id, Execution.owner_id, Execution.kernel_uid, Execution.flow_id, Execution.node_id
    )
    where: dict[str, dict[str, Any]] = {}
    for some in batched(list(said)):
        for execution_id, *found in s.execute(about.where(Execution.id.in_(some))):
            where[execution_id] = dict(zip(_OF_EXECUTION, found, strict=True))
    rows = [
        {**where[execution_id], "execution_id": execution_id, **_values(line)}
        for execution_id, lines in said.items()
        if execution_id in where
        for line in lines[-MOST_OF_ONE:]
    ]
    if rows:
        # The list is in the order of writing, and several executions may end in one transaction.
        s.execute(insert(LogLine), sorted(rows, key=lambda row: row["at"]))
    for owner_id in {row["owner_id"] for row in rows}:
        news.note(s, owner_id, "logs")


def write_from_parts(s: Session, execution_id: str) -> None:
    """The same of an execution whose end nobody told: what came while it ran."""
    query = select(OutputPart.logs).where(OutputPart.execution_id == execution_id).order_by(OutputPart.id)
    write(s, {execution_id: [line for part in s.scalars(query) for line in part]})


def _values(line: Mapping[str, Any]) -> dict[str, Any]:
    level = str(line["level"]).upper()
    return {
        "at": float(line["at"]),
        "level": level if level in LEVELS else "INFO",
        "logger": _storable(line["logger"], LONGEST_LOGGER),
        "message": _storable(line["message"], LONGEST_MESSAGE),
    }


def _storable(text: Any, most: int) -> str:
    """Text that both databases take: PostgreSQL's holds no NUL, and neither half a character."""
    return str(text)[:most].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class LogSearch:
    """What is looked for: all of these hold.

    ``level``: this one or worse. ``text``: is in the message, whatever its case. ``since`` and ``until``:
    when it was logged.
    """

    flow_id: str | None = None
    kernel_uid: str | None = None
    node_id: str | None = None
    execution_id: str | None = None
    level: str | None = None
    text: str | None = None
    run_id: str | None = None
    since: float | None = None
    until: float | None = None


def search_logs(
    s: Session, user: User, search: LogSearch, after: str | None, limit: int
) -> tuple[list[LogLine], str | None]:
    """Lines of ended executions on a user's own and shared kernels, the newest first, and the next cursor.

    An admin who names a kernel, flow, run or execution sees anybody's.

    Raises:
        BadField: ``after`` is no cursor of this list, or there is no such ``level``.
    """
    query = _found(select(LogLine), search)
    named = search.flow_id or search.kernel_uid or search.execution_id or search.run_id
    if not (user.role == "admin" and named):
        query = _mine(query, user)
    if after is not None:
        query = query.where(LogLine.id < pages.decode(after, int)[0])
    rows = s.scalars(query.order_by(LogLine.id.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.id])


def _found(query: Select[LogLine], search: LogSearch) -> Select[LogLine]:
    for name in ("flow_id", "kernel_uid", "node_id", "execution_id"):
        value = getattr(search, name)
        if value is not None:
            query = query.where(getattr(LogLine, name) == value)
    if search.run_id is not None:
        of_run = select(Execution.id).where(Execution.run_id == search.run_id)
        query = query.where(LogLine.execution_id.in_(of_run))
    if search.since is not None:
        query = query.where(LogLine.at >= search.since)
    if search.until is not None:
        query = query.where(LogLine.at < search.until)
    if search.level is not None:
        query = query.where(LogLine.level.in_(_from(search.level)))
    if search.text:
        query = query.where(func.lower(LogLine.message).contains(search.text.lower(), autoescape=True))
    return query


def _mine(query: Select[LogLine], user: User) -> Select[LogLine]:
    shared = select(Kernel.uid).where(Kernel.deleted_at.is_(None), Kernel.uid.in_(shared_uids(user)))
    return query.where(or_(LogLine.owner_id == user.id, LogLine.kernel_uid.in_(shared)))


def _from(level: str) -> Sequence[str]:
    if level not in LEVELS:
        raise BadField(f"a level is one of {', '.join(LEVELS)}", "level")
    return LEVELS[LEVELS.index(level) :]


def forget(s: Session, execution_ids: Sequence[str]) -> None:
    """Forget the lines of these executions: their output was erased."""
    s.execute(quietly(delete(LogLine).where(LogLine.execution_id.in_(execution_ids))))


def oldest(s: Session) -> int:
    """The id of the first line that is kept."""
    return s.scalar(select(func.min(LogLine.id))) or 0


def newest(s: Session) -> int:
    """The id of the last line; ids count lines."""
    return s.scalar(select(func.max(LogLine.id))) or 0


def drop_oldest(s: Session, kept: int, limit: int) -> int:
    """Forget the oldest lines, at most ``limit``, where there are more than ``kept``; how many."""
    over = select(LogLine.id).where(LogLine.id <= newest(s) - kept).order_by(LogLine.id).limit(limit)
    ids = list(s.scalars(over))
    for some in batched(ids):
        s.execute(quietly(delete(LogLine).where(LogLine.id.in_(some))))
    return len(ids)
