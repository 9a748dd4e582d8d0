"""Connections to Redis that nobody signed in on, at the addresses where kernels come in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from tasks.broker import translated
from tasks.kernels.broker import USERS

UNSIGNED_S = 10
"""Who has not signed in by then does not mean to."""
MOST_UNSIGNED = 100
"""From one address, however young: they would take the places of all others (``maxclients``)."""
LOOPBACK = frozenset({"127.0.0.1", "[::1]", ""})

Client = dict[str, str]


@dataclass(frozen=True, slots=True)
class Crowd:
    """More than ``MOST_UNSIGNED`` from ``address``. ``uids``: whose agents come from there."""

    address: str
    count: int
    uids: frozenset[str]


@dataclass(slots=True)
class Strangers:
    """What one look found. ``ids``: connections to close."""

    ids: list[str] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)


def host(address: str) -> str:
    """Of ``host:port``, as ``CLIENT LIST`` writes it."""
    return address.rpartition(":")[0]


def kernel_doors(listed: Sequence[Client]) -> set[str]:
    """Redis' own addresses where kernels come in; none where services cannot be told from strangers, which
    takes a Redis that shows libraries' names (7.2)."""
    if not all("lib-name" in one for one in listed):
        return set()
    return {_came_to(one) for one in listed if one.get("user", "").startswith(USERS)}


def service_doors(listed: Iterable[Client]) -> set[str]:
    """Redis' own addresses where somebody else has signed in."""
    return {_came_to(one) for one in listed if _signed(one) and not one["user"].startswith(USERS)}


def strangers(listed: Sequence[Client], doors: Iterable[str], older_s: float = UNSIGNED_S) -> Strangers:
    """Who at ``doors`` has not signed in and is as old as ``older_s``, or one of too many."""
    there = set(doors) - LOOPBACK
    by_source: dict[str, list[Client]] = {}
    for one in listed:
        if _came_to(one) in there and not _signed(one):
            by_source.setdefault(host(one.get("addr", "")), []).append(one)
    found = Strangers()
    for source, clients in by_source.items():
        many = len(clients) > MOST_UNSIGNED
        found.ids += [one["id"] for one in clients if many or int(one.get("age", 0)) >= older_s]
        if many:
            found.crowds.append(Crowd(source, len(clients), _agents(listed, source)))
    return found


def close(client: redis.Redis, ids: Sequence[str]) -> None:
    """Close these connections; one that has gone is no error. Raises ``Unavailable``."""
    if not ids:
        return
    pipe: Any = client.pipeline(transaction=False)
    for one in ids:
        pipe.execute_command("CLIENT", "KILL", "ID", one)
    with translated():
        pipe.execute()


def _came_to(one: Client) -> str:
    return host(one.get("laddr", ""))


def _signed(one: Client) -> bool:
    # Redis shows who has not signed in as "default". Names can be given after that only, and Husk's are.
    return one.get("user", "") != "default" or bool(one.get("name") or one.get("lib-name"))


def _agents(listed: Iterable[Client], source: str) -> frozenset[str]:
    users = (one.get("user", "") for one in listed if host(one.get("addr", "")) == source)
    return frozenset(user.removeprefix(USERS) for user in users if user.startswith(USERS))
