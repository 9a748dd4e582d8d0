"""Things that are meant by an id, or by a name that only one of them has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from broker_config.wire import names
from broker_config.wire.errors import BadInput, NotFound


def find(
    what: str,
    ref: str,
    get: Callable[[str], Mapping[str, Any]],
    rows: Callable[[], Iterable[Mapping[str, Any]]],
) -> str:
    """The id of the one that is meant.

    Raises:
        NotFound: none. BadInput: several have this name.
    """
    if names.FLOW_ID.fullmatch(ref):
        try:
            return str(get(ref)["id"])
        except NotFound:
            pass
    found = [str(row["id"]) for row in rows() if row["name"] == ref]
    if not found:
        raise NotFound(f"there is no {what} {ref}")
    if len(found) > 1:
        raise BadInput(f"{len(found)} {what}s are called {ref}: give the id of one, {', '.join(found)}")
    return found[0]
