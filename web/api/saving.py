"""Which version a change was made from: `If-Match` with the `ETag` of it, or `version` in the body."""

from __future__ import annotations

from flask import request

from broker_config.wire.errors import BadField, Conflict
from tasks.ledger.versioned import lost_update

HEADER = "If-Match"


def tag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def expected(what: str, newest: int, said: int | None = None) -> int | None:
    """Which version a change of a ``what`` was made from, as header or body say; None: neither does.

    Raises:
        BadField: it is no version, or both say one and not the same. Conflict: it is not the newest.
    """
    if HEADER not in request.headers:
        return said
    if request.if_match.star_tag:
        return newest if said is None else said
    tags = request.if_match.as_set()
    if not tags or not all(one.isascii() and one.isdigit() for one in tags):
        raise BadField('is the ETag of the version that was changed, such as "3"', HEADER)
    if said is not None and str(said) not in tags:
        raise BadField(f"names another version than {HEADER}", "version")
    if str(newest) not in tags:
        raise Conflict(lost_update(what), "version")
    return newest


def base(what: str, newest: int, said: int | None) -> int:
    """The same for a save, which has to say it; raises ``BadField`` where it does not, too."""
    found = expected(what, newest, said)
    if found is None:
        raise BadField("say which version was changed: its ETag here, or `version` in the body", HEADER)
    return found
