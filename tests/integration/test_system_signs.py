"""What processes, queues and dead letters tell of themselves in Redis, and samples for charts."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from broker_config import keys, queues
from broker_config.celery_app import make_celery
from tasks.figures import letters, sampling
from tasks.figures.processes import announce, processes, ticked, ticks
from tasks.figures.waiting import control_queues, stamp_messages
from tasks.holders import new_holder
from tests.integration.control_plane import ControlPlane, control_plane
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until


@pytest.fixture
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    with control_plane(server, tmp_path_factory.mktemp("data")) as found:
        yield found
    server.kill()


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_process_tells_that_it_is_there(plane: ControlPlane, stopped: threading.Event) -> None:
    redis = plane.services.redis
    assert processes(redis) == []
    announce(redis, "recorder", stopped)
    wait_until(lambda: processes(redis))
    (one,) = processes(redis)
    assert (one.role, one.pid, one.alive) == ("recorder", os.getpid(), True)


def test_one_that_fell_silent_is_shown_until_another_takes_its_place(
    plane: ControlPlane, stopped: threading.Event
) -> None:
    redis, host = plane.services.redis, new_holder().split()[0]
    old = {"role": "desk", "host": host, "pid": 1, "started_at": 1.0, "at": time.time() - 60}
    dead = f"desk {host} {new_holder().split()[1]} 999999 17 token"
    redis.hset(keys.PROCESSES, dead, json.dumps(old))
    redis.hset(keys.PROCESSES, "recorder of another host", json.dumps({**old, "role": "recorder"}))
    redis.hset(keys.PROCESSES, "desk of long ago", json.dumps({**old, "at": 1.0}))
    redis.hset(keys.PROCESSES, "desk of no shape", "[]")
    assert [(one.role, one.alive) for one in processes(redis)] == [("desk", False), ("recorder", False)]
    announce(redis, "desk", stopped)
    wait_until(lambda: any(one.alive for one in processes(redis)))
    assert [(one.role, one.alive) for one in processes(redis)] == [("desk", True), ("recorder", False)]
    assert redis.hlen(keys.PROCESSES) == 2


def test_a_queue_tells_its_length_its_last_tick_and_since_when_its_next_message_waits(
    plane: ControlPlane,
) -> None:
    redis = plane.services.redis
    stamp_messages()
    app: Celery = make_celery(plane.services.settings.embedded_redis_url)
    before = time.time()
    for _ in range(2):
        app.send_task("flows.tick", queue=queues.FLOWS)
    ticked(redis, queues.FLOWS)
    redis.lpush(queues.LIFECYCLE, b"\xff no message")
    found, taken = control_queues(redis)
    by_name = {one.queue: one for one in found}
    assert (by_name["flows"].length, by_name["lifecycle"].length, by_name["housekeeping"].length) == (2, 1, 0)
    assert by_name["flows"].oldest_at is not None
    assert before <= by_name["flows"].oldest_at <= time.time()
    assert by_name["lifecycle"].oldest_at is None
    assert taken == 0
    assert ticks(redis)[queues.FLOWS] >= before


def test_dead_letters_are_listed_with_their_reason_and_discarded(plane: ControlPlane) -> None:
    redis = plane.services.redis
    for number in range(3):
        redis.lpush(keys.DEAD_LETTERS, letters.written("kernel.K", b"%d <script>\xff" % number, at=5.0))
    redis.lpush(keys.DEAD_LETTERS, b"of an earlier release")
    found, number = letters.letters(redis, 0, 2)
    assert number == 4
    assert [(one.at, one.queue, one.text) for one in found] == [
        (None, None, "of an earlier release"),
        (5.0, "kernel.K", "2 <script>\\xff"),
    ]
    assert "no execution's id" in found[1].reason
    assert letters.discard(redis, found[1].id) == found[1]
    assert letters.discard(redis, found[1].id) is None
    assert letters.letters(redis, 0, 10)[1] == 3
    assert letters.discard_all(redis) == 3
    assert letters.letters(redis, 0, 10) == ([], 0)


def test_samples_are_kept_in_order_and_one_that_cannot_be_read_is_left_out(plane: ControlPlane) -> None:
    redis = plane.services.redis
    first = sampling.take(plane.services)
    sampling.keep(redis, first)
    redis.xadd(keys.FIGURES, {"e": "{}"})
    sampling.keep(redis, first)
    assert sampling.samples(redis) == [first, first]
    assert sampling.samples(redis, 1) == [first]
    assert (first.used, first.waiting) == (0, 0)
