"""A kernel that takes too much of Redis, by each way that its rights leave open: real Redis, real process."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from broker_config import keys, queues
from broker_config.acl import kernel_user
from broker_config.wire.states import ExecutionState, KernelState
from tasks.kernels.broker_share import PIDBOX, standing
from tasks.kernels.broker_strangers import MOST_UNSIGNED
from tasks.kernels.broker_watch import BrokerWatch
from tests.integration.lifecycle_fixture import World, queue_cell, world
from tests.integration.redis_server import RedisServer

WHOLE = 200_000_000
MOST = WHOLE // 4
PIECE = b"x" * 1_000_000
PASSWORD = "a-thief-of-tests-has-this"
SOMEBODY = "00000000-0000-0000-0000-000000000000.reply.celery.pidbox"

NUMBERS = itertools.count()

Write = Callable[[redis.Redis, str, int], object]
WAYS: dict[str, Write] = {
    "events": lambda client, uid, number: client.xadd(keys.events(uid), {"e": PIECE}),
    "requests": lambda client, uid, number: client.xadd(keys.requests(uid), {"e": PIECE}),
    "its queue": lambda client, uid, number: client.lpush(queues.kernel_queue(uid), PIECE),
    "claims": lambda client, uid, number: client.set(keys.claim(uid, str(number)), PIECE),
    "a binding key": lambda client, uid, number: client.lpush(f"_kombu.binding.kernel.{uid}.{number}", PIECE),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.admin.config_set("maxmemory", WHOLE)
    yield server
    server.kill()
    server.admin.close()


@pytest.fixture
def here(server: RedisServer, tmp_path: Path) -> Iterator[World]:
    server.admin.flushall()
    with world(server, tmp_path) as made:
        yield made


@pytest.fixture
def watch(here: World) -> BrokerWatch:
    made = BrokerWatch(here.life)
    made.look()
    return made


def thief(here: World, uid: str) -> redis.Redis:
    """A client with the kernel's own rights."""
    here.services.redis.execute_command("ACL", "SETUSER", kernel_user(uid), f">{PASSWORD}")
    return redis.Redis(port=here.server.port, username=kernel_user(uid), password=PASSWORD, driver_info=None)


def flood(client: redis.Redis, uid: str, write: Write, megabytes: int) -> None:
    """Write so much."""
    for _ in range(megabytes):
        write(client, uid, next(NUMBERS))


@pytest.mark.parametrize("way", WAYS)
def test_a_flood_ends_its_kernel(here: World, watch: BrokerWatch, way: str) -> None:
    row = here.ready()
    waits = queue_cell(here, row.uid)
    with thief(here, row.uid) as client, here.recording:
        flood(client, row.uid, WAYS[way], 20)
        watch.look()
        assert here.row(row.uid).state == KernelState.READY
        flood(client, row.uid, WAYS[way], MOST // len(PIECE) - 10)
        watch.look()
        ended = here.row(row.uid)
        assert ended.state == KernelState.ERROR
        assert "MB of Redis, 50 MB are allowed: it was ended" in str(ended.error)
        with pytest.raises(redis.RedisError):
            client.ping()
    assert here.runtime.find(row.uid, row.runtime_ref) is None
    assert here.status(waits) == ExecutionState.QUEUED
    # Events are the recorder's to remove.
    left = standing(here.services.redis).used
    assert (left > MOST) is (way == "events")


def test_claims_of_cells_that_there_are_stay(here: World, watch: BrokerWatch) -> None:
    row, other = here.ready(), here.ready("other")
    known = queue_cell(here, row.uid)
    with thief(here, row.uid) as client:
        client.set(keys.claim(row.uid, known), "mine")
        flood(client, row.uid, WAYS["claims"], MOST // len(PIECE) + 5)
    watch.look()
    assert here.row(row.uid).state == KernelState.ERROR
    assert here.row(other.uid).state == KernelState.READY
    assert here.services.redis.keys("kernel:*:claim:*") == [keys.claim(row.uid, known)]


def test_a_long_queue_that_the_ledger_knows_is_no_flood(here: World, watch: BrokerWatch) -> None:
    row = here.ready()
    for number in range(1, 8):
        queue_cell(here, row.uid, number)
    # As if each of them were long; the same bytes without the rows are one.
    with here.services.ledger.write() as s:
        s.execute(text("UPDATE executions SET code = :code"), {"code": "x" * 7_000_000})
    for process in here.processes(row.uid):
        process.suspend()  # its agent would take from the queue meanwhile
    with here.recording:
        for _ in range(7):
            here.services.redis.lpush(queues.batch_queue(row.uid), b"x" * 8_000_000)
        watch.look()
        assert here.row(row.uid).state == KernelState.READY
        with here.services.ledger.write() as s:
            s.execute(text("DELETE FROM executions"))
        watch.look()
    assert here.row(row.uid).state == KernelState.ERROR


def test_what_belongs_to_nobody_is_removed_and_nobody_is_ended(here: World, watch: BrokerWatch) -> None:
    row = here.ready()
    with thief(here, row.uid) as client:
        flood(client, row.uid, lambda one, _, __: one.lpush(SOMEBODY, PIECE), 30)
        flood(client, row.uid, lambda one, _, number: one.sadd(PIDBOX, PIECE + str(number).encode()), 10)
    watch.look()
    # Its worker enters itself again.
    assert here.services.redis.exists(SOMEBODY) == 0
    assert int(here.services.redis.memory_usage(PIDBOX) or 0) < 1_000_000
    assert here.row(row.uid).state == KernelState.READY


def test_a_kernel_with_too_many_connections_is_ended(here: World, watch: BrokerWatch) -> None:
    row = here.ready()
    clients = []
    try:
        for _ in range(101):
            clients.append(thief_connection(here, row.uid))
        watch.look()
    finally:
        for one in clients:
            one.disconnect()
    assert "connections to Redis, 100 are allowed: it was ended" in str(here.row(row.uid).error)


def thief_connection(here: World, uid: str) -> redis.Connection:
    """One more connection with the kernel's rights."""
    here.services.redis.execute_command("ACL", "SETUSER", kernel_user(uid), f">{PASSWORD}")
    made = redis.Connection(
        port=here.server.port, username=kernel_user(uid), password=PASSWORD, driver_info=None, protocol=2
    )
    made.connect()
    return made


DOOR, CONTAINER = "127.0.0.2", "127.0.0.77"


@pytest.fixture
def door(here: World) -> Iterator[str]:
    """An address of Redis besides the one where its own services come in."""
    here.server.admin.config_set("bind", f"127.0.0.1 {DOOR}")
    here.services.settings.gateways_file.write_text(json.dumps([DOOR]))
    yield DOOR
    here.server.admin.config_set("bind", "127.0.0.1")


def knock(stack: contextlib.ExitStack, here: World, door: str, source: str = CONTAINER) -> socket.socket:
    """A connection that says nothing."""
    made = socket.create_connection((door, here.server.port), 5, source_address=(source, 0))
    return stack.enter_context(made)


def closed(one: socket.socket) -> bool:
    """Whether Redis has closed it; an open one says nothing within a moment."""
    one.settimeout(0.2)
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def sign_in(one: socket.socket, here: World, uid: str) -> None:
    """As the kernel's agent does."""
    thief(here, uid).close()
    one.sendall(f"AUTH {kernel_user(uid)} {PASSWORD}\r\n".encode())
    assert one.recv(100) == b"+OK\r\n"


def test_a_kernel_that_opens_sockets_without_signing_in_is_ended(
    here: World, watch: BrokerWatch, door: str
) -> None:
    row, other = here.ready(), here.ready("other")
    with contextlib.ExitStack() as stack:
        sign_in(knock(stack, here, door), here, row.uid)
        sign_in(knock(stack, here, door, "127.0.0.78"), here, other.uid)
        many = [knock(stack, here, door) for _ in range(MOST_UNSIGNED)]
        watch.look()
        assert here.row(row.uid).state == KernelState.READY
        many.append(knock(stack, here, door))
        watch.look()
        assert all(closed(one) for one in many)
    said = str(here.row(row.uid).error)
    assert "had 101 connections to Redis without signing in, 100 are allowed: it was ended" in said
    assert here.row(other.uid).state == KernelState.READY


def test_sockets_of_nobody_known_are_closed(here: World, watch: BrokerWatch, door: str) -> None:
    row = here.ready()
    with contextlib.ExitStack() as stack:
        many = [knock(stack, here, door) for _ in range(MOST_UNSIGNED + 1)]
        watch.look()
        assert all(closed(one) for one in many)
    assert here.row(row.uid).state == KernelState.READY


def test_who_does_not_sign_in_for_long_is_turned_away_at_the_kernels_door_alone(
    here: World, watch: BrokerWatch, door: str
) -> None:
    row = here.ready()
    with contextlib.ExitStack() as stack:
        silent, ours = knock(stack, here, door), knock(stack, here, "127.0.0.1")
        agent = knock(stack, here, door)
        sign_in(agent, here, row.uid)
        watch.look()
        assert not closed(silent)
        BrokerWatch(here.life, unsigned_s=0).look()
        assert closed(silent)
        assert not closed(ours)
        assert not closed(agent)
