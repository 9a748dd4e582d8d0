"""Events on their way to a real Redis: their order, who sends them, and what happens while it is away."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from broker_config import keys
from broker_config.wire.events import Finished, unpack
from broker_config.wire.messages import BrokerAddress, Limits
from broker_config.wire.states import ExecutionState
from kernel_worker.agent.broker import Line, connect
from kernel_worker.agent.conclusion import conclude
from kernel_worker.agent.journal import Claim, Journal
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.recording import Tools, record
from kernel_worker.agent.recovery import Recoverer
from kernel_worker.agent.verdicts import Verdict
from tests.integration.redis_server import PASSWORD, RedisServer
from tests.waiting import wait_until

UID = "publisher000"
WAITS_S = 5.0


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


def address(server: RedisServer) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", server.port, "default", PASSWORD)


@pytest.fixture
def publisher(server: RedisServer) -> Publisher:
    return Publisher(connect(address(server)), UID)


def stream(server: RedisServer, key: str) -> list[bytes]:
    entries: Any = server.admin.xrange(key)
    return [fields[b"e"] for _id, fields in entries]


def test_the_end_of_an_execution_goes_after_what_waits_and_is_there_after_the_block(
    server: RedisServer, publisher: Publisher
) -> None:
    publisher.hold()
    publisher.put("first", out=True, events=True)
    publisher.put("shown", out=True, events=False)
    assert publisher._thread is None
    with publisher.sending("end"):
        assert publisher._pending
    assert stream(server, keys.out(UID)) == [b"first", b"shown", b"end"]
    assert stream(server, keys.events(UID)) == [b"first", b"end"]
    assert publisher._thread is None
    assert publisher.flush(0)


def test_who_waits_for_a_short_cells_events_is_woken_once_and_has_all_of_them(
    server: RedisServer, publisher: Publisher
) -> None:
    waiter = connect(address(server))
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.append(waiter.xread({keys.out(UID): "0"}, block=int(WAITS_S * 1000)))
    )
    waiting.start()
    wait_until(lambda: server.admin.info("clients")["blocked_clients"] == 1, WAITS_S, "who waits")
    publisher.hold()
    publisher.put("first", out=True, events=True)
    publisher.put("shown", out=True, events=False)
    with publisher.sending("end"):
        pass
    waiting.join(WAITS_S)
    answer = found[0]
    entries = [one for _, read in (answer.items() if isinstance(answer, dict) else answer) for one in read]
    texts = [fields[b"e"] for _, fields in (entries[0] if isinstance(entries[0], list) else entries)]
    assert texts == [b"first", b"shown", b"end"]


def test_what_was_held_is_sent_when_it_is_released(server: RedisServer, publisher: Publisher) -> None:
    publisher.hold()
    publisher.put("one", out=True, events=False)
    publisher.release()
    wait_until(lambda: stream(server, keys.out(UID)) == [b"one"], 5, "what was held")
    publisher.put("two", out=True, events=False)
    wait_until(lambda: stream(server, keys.out(UID)) == [b"one", b"two"], 5, "what came later")


def test_many_threads_and_ends_lose_and_double_nothing(server: RedisServer, publisher: Publisher) -> None:
    def talk(name: str) -> None:
        for number in range(300):
            assert publisher.put(f"{name}{number}", out=True, events=False)

    threads = [threading.Thread(target=talk, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for number in range(100):
        publisher.hold()
        with publisher.sending(f"end{number}"):
            pass
    for thread in threads:
        thread.join()
    assert publisher.flush(10)
    found = stream(server, keys.out(UID))
    assert len(found) == len(set(found)) == 700
    for name, count in (("a", 300), ("b", 300), ("end", 100)):
        mine = [text.decode() for text in found if text.decode().rstrip("0123456789") == name]
        assert mine == [f"{name}{number}" for number in range(count)]


def test_a_redis_that_is_away_holds_up_nobody_and_gets_all_in_order(
    server: RedisServer, publisher: Publisher
) -> None:
    server.kill()
    publisher.put("first", out=True, events=False)
    with publisher.sending("end"):
        pass
    assert not publisher.flush(0.2)
    server.start()
    assert publisher.flush(20)
    assert stream(server, keys.out(UID)) == [b"first", b"end"]


def test_replies_that_nobody_read_are_not_taken_for_those_of_the_next_command(server: RedisServer) -> None:
    line = Line(connect(address(server)))
    line.send([("SET", "a", "1"), ("GET", "a")])
    line.send([("GET", "b")])
    assert line.receive() == [None]


class Full(Journal):
    """A journal on a disk that is full for the first results; ``failures`` counts down."""

    failures = 0

    def result(self, execution_id: str, finished: str, failed_batch: str | None) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise OSError(errno.ENOSPC, "no space left on device")
        super().result(execution_id, finished, failed_batch)


@pytest.mark.parametrize(("failures", "kept"), [(1, True), (2, False)])
def test_an_end_that_the_journal_did_not_take_is_sent_and_never_becomes_another(
    server: RedisServer, publisher: Publisher, tmp_path: Path, failures: int, kept: bool
) -> None:
    execution_id = f"{UID}-1"
    nothing: Any = None
    boot = type("Boot", (), {"limits": Limits(1, 1.0, 1, 1_000, 1_000, 10_000)})
    kernel: Any = type(
        "Kernel", (), {"boot": boot, "spool": tmp_path, "lock_path": tmp_path / "lock", "init": None}
    )
    journal = Full(tmp_path / "journal", tmp_path)
    tools = Tools(kernel, nothing, nothing, publisher, journal, nothing, nothing, nothing)
    claim = Claim(execution_id, "g", 1.0, batch_id="b", began=True)
    journal.claim(claim)
    journal.failures = failures
    conclude(tools, record(tools, claim), Verdict(ExecutionState.SUCCEEDED))
    assert publisher.flush(5)
    # Neither this agent's recovery nor the next one's finds anything to conclude.
    Recoverer(tools, lambda: None).settle()
    bodies = [unpack(text).body for text in stream(server, keys.events(UID))]
    results = [body.result.status for body in bodies if isinstance(body, Finished)]
    assert results == [ExecutionState.SUCCEEDED]
    assert (list(journal.read().open), list(journal.read().failed_batches)) == ([], [])
    with nullcontext() if kept else pytest.raises(FileNotFoundError):
        assert isinstance(unpack(journal.kept_result(execution_id)).body, Finished)
    journal.compact()
    assert not Journal(tmp_path / "journal", tmp_path).read().open
