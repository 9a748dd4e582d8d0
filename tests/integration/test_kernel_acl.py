"""What a kernel's user asks of Redis beyond its own is refused; the control plane's user gets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from broker_config import acl
from broker_config.wire.names import new_uid
from tests.integration.redis_server import KERNEL_PASSWORD, PASSWORD, RedisServer, binaries

OWN, FOREIGN = new_uid(), new_uid()

# {own} and {foreign} are kernels' uids. What blocks does so for as short as can be said.
FOREIGN_QUEUES = (
    *("LPUSH kernel.{foreign} x", "RPUSH kernel.{foreign}.batch x", "LLEN kernel.{foreign}"),
    *("BRPOP kernel.{foreign} 0.01", "LRANGE kernel.{foreign} 0 -1", "DEL kernel.{foreign}"),
    *("SORT kernel.{foreign} ALPHA", "SORT kernel.{own} ALPHA STORE kernel.{foreign}"),
    *("COPY kernel.{foreign} kernel.{own}", "RENAME kernel.{foreign} kernel.{own}"),
    *("LMOVE kernel.{foreign} kernel.{own} LEFT LEFT", "RPOPLPUSH kernel.{foreign} kernel.{own}"),
    *("DUMP kernel.{foreign}", "OBJECT ENCODING kernel.{foreign}", "TYPE kernel.{foreign}"),
    *("SMEMBERS _kombu.binding.kernel.{foreign}", "SADD _kombu.binding.kernel.{foreign} x"),
    *("SADD _kombu.binding.celery x", "LPUSH lifecycle x", "LPUSH flows x", "LPUSH housekeeping x"),
    *("LLEN {foreign}@h.celery.pidbox", "DEL {foreign}@h.celery.pidbox", "LPUSH {foreign}@h.celery.pidbox x"),
)
ONE_OWN_AND_ONE_FOREIGN = (
    *("BRPOP kernel.{own} kernel.{foreign} 0.01", "BRPOP kernel.{foreign} kernel.{own} 0.01"),
    "BLPOP kernel:{own}:ctl kernel:{foreign}:ctl 0.01",
    "BLPOP kernel:{own}:reply:x kernel:{foreign}:reply:x 0.01",
    "DEL {own}@h.celery.pidbox kernel.{foreign}",
)
FOREIGN_STREAMS = (
    *("XADD kernel:{foreign}:events * e x", "XADD kernel:{foreign}:out * e x"),
    *("XADD kernel:{foreign}:pulse * e x", "XADD husk:wake * kernel x"),
    *("XADD kernel:{foreign}:requests * e x", "XRANGE kernel:{foreign}:requests - +"),
    *("XREAD STREAMS kernel:{foreign}:events 0", "XREAD STREAMS kernel:{foreign}:out 0"),
    *("XRANGE kernel:{foreign}:events - +", "XLEN kernel:{foreign}:events"),
)
FOREIGN_KEYS = (
    *(
        "GET kernel:{foreign}:claim:x",
        "SET kernel:{foreign}:claim:x y NX GET",
        "DEL kernel:{foreign}:claim:x",
    ),
    *("BLPOP kernel:{foreign}:ctl 0.01", "RPUSH kernel:{foreign}:ctl x"),
    *("BLPOP kernel:{foreign}:reply:x 0.01", "RPUSH kernel:{foreign}:reply:x x"),
    *("GET husk:epoch", "SET husk:epoch x", "SET anything x", "DEL recorder:lease:{own}"),
)
OWN_BUT_NOT_SO = (
    *(
        "XREAD STREAMS kernel:{own}:events 0",
        "XTRIM kernel:{own}:events MAXLEN 0",
        "XDEL kernel:{own}:requests 1-1",
        "XREAD STREAMS kernel:{own}:requests 0",
        "XDEL kernel:{own}:out 1-1",
    ),
    *("XTRIM kernel:{own}:out MAXLEN 0", "XGROUP CREATE kernel:{own}:events g 0 MKSTREAM"),
    *("RPUSH kernel:{own}:ctl x", "RPUSH kernel:{own}:reply:x x", "BRPOP kernel:{own}:ctl 0.01"),
    *("DEL kernel:{own}:claim:x", "DEL kernel.{own}", "LREM kernel.{own} 0 x", "GET kernel.{own}"),
    *("SET kernel.{own} x", "EXPIRE kernel:{own}:claim:x 1"),
)
CHANNELS = (
    *("SUBSCRIBE x", "SUBSCRIBE /0.celery.pidbox", "PSUBSCRIBE *", "PSUBSCRIBE /0.*", "SSUBSCRIBE x"),
    *("PUBLISH /0.celery.pidbox x", "PUBLISH /0.reply.celery.pidbox/x x", "PUBLISH x x", "PUBSUB CHANNELS"),
)
SCRIPTS_AND_LISTINGS = (
    *("EVAL return 0", "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "SCRIPT FLUSH"),
    *("FUNCTION LIST", "FCALL f 0", "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "SELECT 1", "SWAPDB 0 1"),
)
ADMIN = (
    *(
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG GET *",
        "CONFIG SET maxmemory 0",
        "CONFIG REWRITE",
        "INFO",
        "SLOWLOG GET",
    ),
    *("ACL LIST", "ACL GETUSER default", "ACL SETUSER x on nopass ~* &* +@all", "ACL DELUSER x", "ACL LOG"),
    *("CLIENT LIST", "CLIENT KILL ID 999999", "CLIENT PAUSE 1", "CLIENT UNBLOCK 999999", "MONITOR"),
    *("MEMORY USAGE kernel.{foreign}", "MODULE LIST", "REPLICAOF NO ONE", "BGREWRITEAOF", "LATENCY RESET"),
    *("MIGRATE 127.0.0.1 1 kernel.{foreign} 0 1", "RESTORE kernel.{foreign}.new 0 x"),
)
# Redis takes these into no transaction of anybody.
ENDS_THE_SERVER = ("SHUTDOWN NOSAVE", "SAVE")
ATTACKS = (
    *(*FOREIGN_QUEUES, *ONE_OWN_AND_ONE_FOREIGN, *FOREIGN_STREAMS, *FOREIGN_KEYS, *OWN_BUT_NOT_SO),
    *(*CHANNELS, *SCRIPTS_AND_LISTINGS, *ADMIN),
)
SEED = (
    *(
        "LPUSH kernel.{own} x",
        "LPUSH kernel.{foreign} x",
        "SET kernel:{foreign}:claim:x y",
        "SET husk:epoch 1",
    ),
    *(
        "XADD kernel:{own}:events 1-1 e x",
        "XADD kernel:{foreign}:events 1-1 e x",
        "SADD _kombu.binding.celery x",
    ),
    *("RPUSH kernel:{own}:ctl x", "RPUSH kernel:{foreign}:ctl x", "RPUSH kernel:{foreign}:reply:x x"),
)


def words(command: str) -> list[str]:
    """The arguments of a command about these kernels; the script is one of them."""
    if command.startswith("EVAL "):
        return ["EVAL", "return redis.call('keys', '*')", "0"]
    return command.format(own=OWN, foreign=FOREIGN).split()


@pytest.fixture(scope="module", params=sorted(binaries()))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"), binaries()[request.param])
    for uid in (OWN, FOREIGN):
        server.add_kernel(uid)
    yield server
    server.kill()


@pytest.fixture
def seeded(server: RedisServer) -> RedisServer:
    server.admin.flushall()
    for command in SEED:
        server.admin.execute_command(*words(command))
    return server


def connection(server: RedisServer, user: str | None, password: str) -> redis.Connection:
    """A connection that says nothing of its own and that a test leaves in any state."""
    made = redis.Connection(
        port=server.port, username=user, password=password, driver_info=None, protocol=2, socket_timeout=5
    )
    made.connect()
    return made


def answer(made: redis.Connection, command: str) -> object:
    """What Redis says; an error is a value here."""
    made.send_command(*words(command))
    try:
        return made.read_response()
    except redis.ResponseError as error:
        return error


@pytest.mark.parametrize("command", [*ATTACKS, *ENDS_THE_SERVER])
def test_a_kernels_user_is_refused_what_is_not_its_own(seeded: RedisServer, command: str) -> None:
    made = connection(seeded, acl.kernel_user(OWN), KERNEL_PASSWORD)
    try:
        assert isinstance(answer(made, command), redis.exceptions.NoPermissionError)
        # Nor in a transaction: it is refused where it is queued, and then as a whole.
        assert answer(made, "MULTI") == b"OK"
        refused = redis.exceptions.NoPermissionError if command in ATTACKS else redis.ResponseError
        assert isinstance(answer(made, command), refused)
        assert isinstance(answer(made, "EXEC"), redis.exceptions.ExecAbortError)
    finally:
        made.disconnect()


@pytest.mark.parametrize("command", ATTACKS)
def test_the_same_is_not_refused_to_the_control_plane(seeded: RedisServer, command: str) -> None:
    made = connection(seeded, None, PASSWORD)
    try:
        assert not isinstance(answer(made, command), redis.exceptions.NoPermissionError)
    finally:
        made.disconnect()


def test_an_attack_that_is_refused_to_a_kernel_works_for_the_control_plane(seeded: RedisServer) -> None:
    made = connection(seeded, None, PASSWORD)
    try:
        assert answer(made, "GET kernel:{foreign}:claim:x") == b"y"
        assert answer(made, "BRPOP kernel.{foreign} 0.01") == [f"kernel.{FOREIGN}".encode(), b"x"]
        assert answer(made, "BLPOP kernel:{own}:reply:x kernel:{foreign}:reply:x 0.01") is not None
        assert answer(made, "XLEN kernel:{foreign}:events") == 1
        assert answer(made, "FLUSHALL") == b"OK"
        assert answer(made, "DBSIZE") == 0
    finally:
        made.disconnect()


def test_a_kernels_user_may_do_its_own_work(seeded: RedisServer) -> None:
    made = connection(seeded, acl.kernel_user(OWN), KERNEL_PASSWORD)
    try:
        assert answer(made, "BRPOP kernel.{own} kernel.{own}.batch 0.01") == [f"kernel.{OWN}".encode(), b"x"]
        assert answer(made, "BLPOP kernel:{own}:ctl 0.01") == [f"kernel:{OWN}:ctl".encode(), b"x"]
        assert answer(made, "SET kernel:{own}:claim:x g NX GET") is None
        assert isinstance(answer(made, "XADD kernel:{own}:events * e x"), bytes)
        assert isinstance(answer(made, "XADD kernel:{own}:requests * e x"), bytes)
    finally:
        made.disconnect()


def test_debugging_is_refused_to_everybody_and_a_kernels_user_has_no_right_to_it(seeded: RedisServer) -> None:
    made = connection(seeded, None, PASSWORD)
    try:
        assert isinstance(answer(made, "DEBUG SLEEP 0"), redis.ResponseError)
        tried = f"ACL DRYRUN {acl.kernel_user(OWN)} DEBUG SLEEP 0"
        assert "no permissions to run the 'debug' command" in str(answer(made, tried))
        assert answer(made, "ACL DRYRUN default DEBUG SLEEP 0") == b"OK"
    finally:
        made.disconnect()


def test_the_attacks_are_many_and_each_is_its_own() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) >= 47
