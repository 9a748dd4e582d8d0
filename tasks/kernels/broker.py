"""What the lifecycle worker does in Redis for a kernel: user, groups, control list, clean-up."""

from __future__ import annotations

import contextlib

import redis

from broker_config import acl, keys, queues
from broker_config.wire.codec import encode_tagged
from broker_config.wire.messages import ReportJournal
from tasks import waking
from tasks.broker import translated
from tasks.recording.sources import EVENTS, REQUESTS

USERS = acl.kernel_user("")
BINDINGS = ("_kombu.binding.", "_kombu.binding_permanent.")
"""Prefixes of kombu's own keys about a queue, as in the kernel's ACL."""


def make_user(client: redis.Redis, uid: str, password_sha256: str) -> None:
    """Make the kernel's ACL user, or make it again as it was."""
    rules = acl.kernel_rules(uid, password_sha256)
    with translated():
        client.execute_command("ACL", "SETUSER", acl.kernel_user(uid), *rules)


def make_flower(client: redis.Redis, password: str) -> None:
    """Make Flower's ACL user, where it has a password."""
    if password:
        rules = acl.flower_rules(acl.password_hash(password))
        with translated():
            client.execute_command("ACL", "SETUSER", acl.FLOWER_USER, *rules)


def delete_user(client: redis.Redis, uid: str) -> None:
    """Delete the kernel's user, which cuts its connections."""
    with translated():
        client.execute_command("ACL", "DELUSER", acl.kernel_user(uid))


def users(client: redis.Redis) -> set[str]:
    """Uids of the kernels that have a user."""
    with translated():
        names: list[str] = client.execute_command("ACL", "USERS")
    return {name.removeprefix(USERS) for name in names if name.startswith(USERS)}


def make_groups(client: redis.Redis, uid: str) -> None:
    """Make the consumer groups of recorder and desk, from their streams' beginning."""
    for source in (EVENTS, REQUESTS):
        with translated():
            try:
                client.xgroup_create(source.key(uid), source.group, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise


def ask_journal(client: redis.Redis, uid: str, epoch: str) -> None:
    """Ask the kernel's agent for its journal, now or when it starts."""
    with translated():
        client.rpush(keys.ctl(uid), encode_tagged(ReportJournal(epoch)))


def wake(client: redis.Redis, uid: str) -> None:
    """Tell pages and recorders that the ledger changed; best effort, they look by themselves too."""
    with contextlib.suppress(redis.RedisError):
        waking.wake(client, uid)


def remove_keys(client: redis.Redis, uid: str) -> None:
    """Remove a deleted kernel's streams, lists and queues, and what kombu keeps about these."""
    names = (queues.kernel_queue(uid), queues.batch_queue(uid))
    bindings = [f"{prefix}{name}" for prefix in BINDINGS for name in names]
    with translated():
        client.delete(*keys.all_of(uid), *names, *bindings)
