"""Accepted cells get into their queue: once, in order, as kombu would put them, and never too early."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_config import keys
from broker_config.celery_app import make_kernel_celery, producer_options
from broker_config.queues import CELL_HEADER, EXECUTE_TASK, queue_of
from broker_config.wire.codec import plain
from broker_config.wire.errors import Conflict, KernelNotRunning, NotFound, Unavailable
from broker_config.wire.states import ExecutionState, KernelState
from tasks import failpoints, publishing, submission
from tasks.cancelling import cancel
from tasks.cell_message import cell_of, message_of
from tasks.figures import letters
from tasks.housekeeping import EXACT_EVERY
from tasks.ledger import executions, kernels
from tasks.ledger.models import Kernel
from tasks.outbox import looks_whole, repair
from tasks.submission import Cell
from tests.integration.control_plane import ControlPlane, control_plane
from tests.integration.ledger_rows import NOW, add_cells, at_once, new_cell
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def plane(server: RedisServer, tmp_path: Path) -> Iterator[ControlPlane]:
    with control_plane(server, tmp_path) as plane:
        yield plane


@pytest.fixture
def kernel(plane: ControlPlane) -> Kernel:
    return plane.add_kernel()


def ids_in(plane: ControlPlane, uid: str, suffix: str = "") -> list[str]:
    """Ids in a queue, the next first."""
    return [json.loads(message)["headers"]["id"] for message in plane.queue(uid, suffix)]


def unpublished(plane: ControlPlane, uid: str) -> list[str]:
    """Ids that the ledger does not know to be in a queue."""
    with plane.services.ledger.read() as session:
        return [row.id for row in executions.unpublished(session, uid)]


def test_a_cell_is_noted_as_put_at_the_time_of_that_and_not_of_the_note(
    plane: ControlPlane, kernel: Kernel
) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    before = time.time()
    plane.services.marks.add([execution_id])
    after = time.time()
    noted = wait_until(lambda: plane.execution(execution_id).published_at, 10, "a note")
    assert before <= noted <= after


def without_own(message: bytes) -> bytes:
    """Without the two words that differ from message to message, and from producer to producer."""
    properties = json.loads(message)["properties"]
    for name in ("delivery_tag", "reply_to"):
        message = message.replace(properties[name].encode(), b"")
    return message


def test_a_message_is_byte_for_byte_what_kombu_puts(plane: ControlPlane, kernel: Kernel) -> None:
    (execution_id,) = plane.submit(kernel.uid, "print('é ☃')", flow_id="f", node_id="n", timeout_s=2.5)
    row = plane.execution(execution_id)
    (ours,) = plane.queue(kernel.uid)
    plane.server.admin.delete(queue_of(kernel.uid, True))
    app = make_kernel_celery(kernel.uid, plane.server.url)
    app.send_task(
        EXECUTE_TASK,
        queue=queue_of(kernel.uid, True),
        headers={CELL_HEADER: plain(cell_of(row))},
        **producer_options(row.id, kernel.slug, "f", "n"),
    )
    (theirs,) = plane.queue(kernel.uid)
    app.close()
    assert ours != theirs
    assert without_own(ours) == without_own(theirs)


def test_cells_lie_in_the_order_of_their_seq_also_from_many_threads(
    plane: ControlPlane, kernel: Kernel
) -> None:
    def some(_: int) -> None:
        for _n in range(10):
            plane.submit(kernel.uid, "1", "2")

    at_once(6, some)
    publishing.publish(plane.services, kernel.uid)
    ids = ids_in(plane, kernel.uid)
    with plane.services.ledger.read() as session:
        rows = executions.queued(session, kernel.uid)
    assert ids == [row.id for row in rows]
    assert len(ids) == 120
    wait_until(lambda: not unpublished(plane, kernel.uid), 5, "the notes of what was put")


def test_batch_cells_go_to_their_own_queue(plane: ControlPlane, kernel: Kernel) -> None:
    first, second = plane.submit(kernel.uid, "1"), plane.submit(kernel.uid, "2", interactive=False)
    assert (ids_in(plane, kernel.uid), ids_in(plane, kernel.uid, ".batch")) == (first, second)


def test_a_web_that_died_before_it_published_holds_up_nobody(
    plane: ControlPlane, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "reach", _dies)
        with pytest.raises(KeyboardInterrupt):
            plane.submit(kernel.uid, "1")
    (left,) = unpublished(plane, kernel.uid)
    assert [left, *plane.submit(kernel.uid, "2")] == ids_in(plane, kernel.uid)


def _dies(_name: str) -> None:
    raise KeyboardInterrupt


def test_while_somebody_mends_the_queues_new_cells_wait_for_that(plane: ControlPlane, kernel: Kernel) -> None:
    with publishing.publish_lock(plane.services.redis, kernel.uid):
        waiting = threading.Thread(target=plane.submit, args=(kernel.uid, "1"))
        waiting.start()
        wait_until(lambda: unpublished(plane, kernel.uid), 5, "the commit")
        assert plane.queue(kernel.uid) == []
    waiting.join(5)
    wait_until(lambda: len(plane.queue(kernel.uid)) == 1, 5, "the cell")


def test_a_cell_is_not_put_before_one_that_was_committed_first(plane: ControlPlane, kernel: Kernel) -> None:
    epoch = str(plane.server.admin.get(keys.EPOCH).decode())
    plane.submit(kernel.uid, "1")
    new = [new_cell(kernel.uid)]
    assert not publishing.put_new(plane.services, kernel.uid, epoch, new, [3], kernel.slug)
    assert publishing.put_new(plane.services, kernel.uid, epoch, new, [2], kernel.slug)
    assert publishing.put_new(plane.services, kernel.uid, epoch, new, [2], kernel.slug)
    assert len(plane.queue(kernel.uid)) == 2


def test_what_a_dead_web_left_unpublished_is_put_before_what_comes_next(
    plane: ControlPlane, kernel: Kernel
) -> None:
    left = add_cells(plane.services.ledger, kernel.uid, 3)
    after = plane.submit(kernel.uid, "1")
    assert ids_in(plane, kernel.uid) == left + after


def test_a_web_that_died_before_it_noted_its_publishing_makes_no_gap(
    plane: ControlPlane, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(plane.services.marks, "add", lambda _ids: None)
        first = plane.submit(kernel.uid, "1")
    second = plane.submit(kernel.uid, "2")
    # Redis knows how far it was put.
    assert ids_in(plane, kernel.uid) == [*first, *second]
    publishing.publish(plane.services, kernel.uid)
    wait_until(lambda: not unpublished(plane, kernel.uid), 5, "the notes of what was put")
    assert ids_in(plane, kernel.uid) == [*first, *second]


def test_cells_are_accepted_while_redis_is_away_and_published_afterwards(
    plane: ControlPlane, kernel: Kernel
) -> None:
    plane.server.kill()
    try:
        ids = plane.submit(kernel.uid, "1", "2")
    finally:
        plane.server.start()
    assert plane.queue(kernel.uid) == []
    assert repair(plane.services, kernel.uid, due_s=0) == 2
    assert ids_in(plane, kernel.uid) == ids


def test_nothing_is_put_while_redis_does_not_hold_the_epoch(plane: ControlPlane, kernel: Kernel) -> None:
    epoch = plane.server.admin.get(keys.EPOCH)
    plane.submit(kernel.uid, "1")
    plane.server.admin.flushall()
    later = plane.submit(kernel.uid, "2")
    assert repair(plane.services, kernel.uid, due_s=0) == 0
    assert plane.queue(kernel.uid) == []
    assert plane.execution(later[0]).published_at is None
    plane.server.admin.set(keys.EPOCH, epoch)


def test_nothing_is_put_before_the_kernel_reported_its_journal(plane: ControlPlane, kernel: Kernel) -> None:
    plane.server.admin.flushall()
    plane.watcher.check()
    plane.submit(kernel.uid, "1")
    assert repair(plane.services, kernel.uid, due_s=0) == 0
    assert plane.queue(kernel.uid) == []


def test_the_same_key_gives_the_same_execution_and_another_cell_a_conflict(
    plane: ControlPlane, kernel: Kernel
) -> None:
    first = plane.submit(kernel.uid, "1", idempotency_key="a")
    assert plane.submit(kernel.uid, "1", idempotency_key="a") == first
    with pytest.raises(Conflict):
        plane.submit(kernel.uid, "2", idempotency_key="a")
    assert ids_in(plane, kernel.uid) == first


def test_a_key_stands_for_all_that_a_request_says(plane: ControlPlane, kernel: Kernel) -> None:
    plane.submit(kernel.uid, "1", idempotency_key="a")
    for other in ({"interactive": False}, {"timeout_s": 3.0}, {"flow_id": "f"}, {"node_id": "n"}):
        with pytest.raises(Conflict):
            plane.submit(kernel.uid, "1", idempotency_key="a", **other)


def test_a_cell_that_was_accepted_stays_so_when_its_kernel_has_ended(
    plane: ControlPlane, kernel: Kernel
) -> None:
    cell = Cell("1", idempotency_key="a")
    (first,) = submission.submit(plane.services, kernel.uid, [cell], must_run=True)
    plane.move(kernel.uid, KernelState.ERROR)
    (again,) = submission.submit(plane.services, kernel.uid, [cell], must_run=True)
    assert again.id == first.id
    with pytest.raises(KernelNotRunning):
        submission.submit(plane.services, kernel.uid, [Cell("2", idempotency_key="b")], must_run=True)


def test_a_deleted_kernel_takes_nothing(plane: ControlPlane, kernel: Kernel) -> None:
    plane.move(kernel.uid, KernelState.STOPPED)
    with plane.services.ledger.write() as session:
        found = kernels.get(session, kernel.uid)
        assert found is not None
        kernels.mark_deleted(session, found, NOW)
    with pytest.raises(NotFound):
        plane.submit(kernel.uid, "1")


@pytest.mark.parametrize("gone", [[0], [0, 1, 2], [4], [2], [1, 3], [0, 2, 4], [0, 1, 2, 3, 4]])
def test_the_outbox_puts_back_what_is_in_no_queue_in_its_order(
    plane: ControlPlane, kernel: Kernel, gone: list[int]
) -> None:
    ids = plane.submit(kernel.uid, *"12345")
    messages = plane.queue(kernel.uid)
    for at in gone:
        plane.server.admin.lrem(queue_of(kernel.uid, True), 1, messages[at])
    assert repair(plane.services, kernel.uid) == 0  # too young
    assert repair(plane.services, kernel.uid, due_s=0) >= len(gone)
    assert ids_in(plane, kernel.uid) == ids


def test_a_message_too_many_does_not_hide_one_that_is_missing_for_long(
    plane: ControlPlane, kernel: Kernel
) -> None:
    ids = add_cells(plane.services.ledger, kernel.uid, 3, now=NOW)
    messages = [message_of(plane.services.celery, plane.execution(one), kernel.slug) for one in ids]
    plane.server.admin.lpush(f"kernel.{kernel.uid}", messages[0], messages[2], messages[0])
    assert looks_whole(plane.services, kernel.uid)
    for _ in range(EXACT_EVERY):
        plane.housekeeping.tick()
    assert list(dict.fromkeys(ids_in(plane, kernel.uid))) == ids


def test_the_outbox_leaves_claimed_ones_and_takes_out_what_does_not_belong(
    plane: ControlPlane, kernel: Kernel
) -> None:
    ids = plane.submit(kernel.uid, *"123")
    queue = queue_of(kernel.uid, True)
    plane.server.admin.rpop(queue)
    plane.server.admin.set(keys.claim(kernel.uid, ids[0]), "generation")
    with plane.services.ledger.write() as session:
        executions.end(session, ids[1], ExecutionState.CANCELLED, NOW)
    plane.server.admin.lpush(queue, b"\xff not a message")
    assert repair(plane.services, kernel.uid, due_s=0) == 0
    assert ids_in(plane, kernel.uid) == [ids[2]]
    found, number = letters.letters(plane.services.redis, 0, 10)
    assert (number, found[0].queue, found[0].size, found[0].text) == (1, queue, 15, "\\xff not a message")
    assert plane.status(ids[0]) is ExecutionState.QUEUED


def test_the_outbox_ends_what_somebody_cancelled_and_died(plane: ControlPlane, kernel: Kernel) -> None:
    (execution_id,) = plane.submit(kernel.uid, "1")
    plane.server.admin.delete(queue_of(kernel.uid, True))
    plane.server.admin.set(keys.claim(kernel.uid, execution_id), "cancelled")
    repair(plane.services, kernel.uid, due_s=0)
    assert plane.status(execution_id) is ExecutionState.CANCELLED


def test_a_waiting_cell_is_cancelled_alone_and_taken_out(plane: ControlPlane, kernel: Kernel) -> None:
    ids = plane.submit(kernel.uid, *"123")
    row = cancel(plane.services, plane.execution(ids[1]))
    assert row.status == "cancelled"
    assert ids_in(plane, kernel.uid) == [ids[0], ids[2]]
    with pytest.raises(Conflict):
        cancel(plane.services, row)


def test_cancelling_what_a_kernel_has_interrupts_it(plane: ControlPlane, kernel: Kernel) -> None:
    (execution_id,) = plane.submit(kernel.uid, "1")
    plane.server.admin.set(keys.claim(kernel.uid, execution_id), "generation")
    row = cancel(plane.services, plane.execution(execution_id), kill=True)
    assert (row.status, row.cancel_requested_at is None) == ("queued", False)
    assert b'"kill"' in plane.server.admin.lindex(keys.ctl(kernel.uid), 0)


def test_a_cancel_while_redis_is_being_rebuilt_is_refused(plane: ControlPlane, kernel: Kernel) -> None:
    (execution_id,) = plane.submit(kernel.uid, "1")
    epoch = plane.server.admin.get(keys.EPOCH)
    plane.server.admin.flushall()
    with pytest.raises(Unavailable):
        cancel(plane.services, plane.execution(execution_id))
    plane.server.admin.set(keys.EPOCH, epoch)
    assert plane.status(execution_id) is ExecutionState.QUEUED


def test_a_lock_that_ran_out_publishes_nothing(plane: ControlPlane, kernel: Kernel) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    text = message_of(plane.services.celery, plane.execution(execution_id), kernel.slug)
    turn = publishing.Turn(kernel.uid, "somebody else's", str(plane.server.admin.get(keys.EPOCH)))
    queue = queue_of(kernel.uid, True)
    assert publishing.put(plane.services.redis, turn, [publishing.Put("LPUSH", queue, text)]) == 0
    assert plane.queue(kernel.uid) == []
