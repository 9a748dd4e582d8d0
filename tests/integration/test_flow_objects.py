"""Objects of flows and the catalog: promoted, checked, removed when nothing names them; both databases."""

from __future__ import annotations

import time

import pytest

from broker_config.wire.codec import plain
from broker_config.wire.errors import NotFound
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks import sweeping
from tasks.flow_objects import promote_catalog, promote_outputs
from tasks.kernels.deleting import _remove_objects
from tasks.kernels.life import make_life
from tasks.ledger import artifacts, catalog, doomed, executions, flows, kernels, outputs
from tasks.ledger.endings import Output
from tasks.ledger.models import Finalized, FlowOutput
from tests.integration.desk_world import DeskWorld, publish, world
from tests.integration.flow_rows import maker, upload
from tests.integration.ledger_rows import NOW, end_with
from tests.integration.weed import read

__all__ = ["world"]


def there(world: DeskWorld, key: str | None) -> bool:
    try:
        world.services.store.stat(str(key))
    except NotFound:
        return False
    return True


def run_output(world: DeskWorld, node: str = "a", kernel: int = 0, data: bytes = b"table") -> FlowOutput:
    """A run's output ``main``."""
    run = world.execution(node, kernel)
    world.finalize(run, outputs=[world.output(run[:12], data=data)])
    return world.outputs()[f"{node}.main"]


def remove_doomed(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> int:
    """As if the time of all that is doomed were over."""
    monkeypatch.setattr(sweeping, "DOOMED_AFTER_S", -60.0)
    return sweeping.remove_doomed(world.services)


def test_an_output_moves_to_its_flow_with_all_that_passed_it_through(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run_output(world)
    world.finalize(world.execution("b"))
    promote_outputs(world.services)
    rows = world.outputs()
    target = rows["a.main"].object_key
    assert target.startswith(f"f/{world.flow.id}/")
    assert rows["b.main"].object_key == target
    assert all(row.promoted and not row.damaged for row in rows.values())
    assert read(world.services.store, target) == b"table"
    assert there(world, before.object_key)
    assert remove_doomed(world, monkeypatch) == 1
    assert not there(world, before.object_key)
    promote_outputs(world.services)
    assert world.outputs()["a.main"].object_key == target


def test_a_version_moves_to_its_owner(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world)
    with world.services.ledger.read() as s:
        before = catalog.latest(s, world.owner.id, "default", "m").object_key
    promote_catalog(world.services)
    with world.services.ledger.read() as s:
        row = catalog.latest(s, world.owner.id, "default", "m")
    assert str(row.object_key).startswith(f"c/{world.owner.id}/")
    assert read(world.services.store, str(row.object_key)) == b"abc"
    assert remove_doomed(world, monkeypatch) == 1
    assert not there(world, before)


@pytest.mark.parametrize("what", ["other bytes", "other size", "gone"])
def test_what_a_kernel_changed_after_it_was_finalized_is_damaged(world: DeskWorld, what: str) -> None:
    row = run_output(world)
    publish(world)
    with world.services.ledger.read() as s:
        version = catalog.latest(s, world.owner.id, "default", "m")
    for key in (row.object_key, str(version.object_key)):
        if what == "gone":
            world.services.store.remove(key)
        else:
            world.services.store.put_bytes(key, b"xxxxx"[: row.size] if what == "other bytes" else b"x" * 99)
    promote_outputs(world.services)
    promote_catalog(world.services)
    with world.services.ledger.read() as s:
        after = catalog.latest(s, world.owner.id, "default", "m")
        assert outputs.unpromoted(s, 9) == catalog.unpromoted(s, 9) == []
    for left, damaged in ((world.outputs()["a.main"], row), (after, version)):
        assert left.damaged
        assert left.object_key == damaged.object_key


def test_uploads_of_one_name_by_two_kernels_do_not_meet(world: DeskWorld) -> None:
    name = upload().rsplit("/", 1)[1]
    for kernel, node in ((0, "a"), (1, "d")):
        run = world.execution(node, kernel)
        done = world.services.store.put_bytes(f"k/{run[:12]}/u/{name}", node.encode())
        stored = {"key": done.key, "size": 1, "sha256": done.sha256, "checksum": done.checksum}
        world.finalize(run, outputs=[{"name": "main", "rows": 1, "columns": [], "object": stored}])
    promote_outputs(world.services)
    rows = world.outputs()
    assert [read(world.services.store, rows[f"{n}.main"].object_key) for n in "ad"] == [b"a", b"d"]


def test_what_was_replaced_is_removed_when_its_urls_have_ended_and_not_before(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run_output(world)
    new = run_output(world)
    assert sweeping.remove_doomed(world.services) == 0
    assert there(world, old.object_key)
    assert remove_doomed(world, monkeypatch) == 1
    assert not there(world, old.object_key)
    assert there(world, new.object_key)
    assert remove_doomed(world, monkeypatch) == 0


def test_an_object_that_another_row_names_outlives_what_doomed_it(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = run_output(world)
    world.finalize(world.execution("b"))
    run_output(world, data=b"newer")
    assert remove_doomed(world, monkeypatch) == 0
    assert there(world, row.object_key)
    with world.services.ledger.read() as s:
        assert doomed.due(s, time.time() + 99, 9) == []


def test_a_deleted_flow_leaves_no_object(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    row = run_output(world)
    world.publish(world.execution(), "x")
    key = world.artifacts()["x"].object_key
    with world.services.ledger.write() as s:
        flows.delete(s, world.flow, time.time())
    assert remove_doomed(world, monkeypatch) == 2
    assert not there(world, key)
    assert not there(world, row.object_key)


def test_what_ended_executions_had_begun_is_dropped(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.execution()
    world.stage(run, "x")
    world.finalize(world.execution())
    with world.services.ledger.read() as s:
        staged = artifacts.staged_of(s, run)[0].object_key
    with world.services.ledger.write() as s:
        catalog.prepare(s, maker(world.owner.id, execution_id=run), "default", "m", NOW)
    end_with(world.services.ledger, run, Output())
    sweeping.drop_unfinished(world.services)
    with world.services.ledger.read() as s:
        assert artifacts.staged_of(s, run) == []
        assert catalog.prepared_by(s, run) == 0
    assert remove_doomed(world, monkeypatch) == 1
    assert not there(world, staged)


def test_what_was_finalized_is_remembered_for_a_day_after_its_end(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, open_one = world.execution(), world.execution()
    for one in (run, open_one):
        world.finalize(one)
    end_with(world.services.ledger, run, Output())
    sweeping.drop_unfinished(world.services)
    with world.services.ledger.read() as s:
        assert s.get(Finalized, run) is not None
    monkeypatch.setattr(sweeping, "FINALIZED_FOR_S", -60.0)
    sweeping.drop_unfinished(world.services)
    with world.services.ledger.read() as s:
        assert s.get(Finalized, run) is None
        assert s.get(Finalized, open_one) is not None


def ready(world: DeskWorld, kernel: int, at: float) -> None:
    """The kernel came up at that time."""
    with world.services.ledger.write() as s:
        row = kernels.get(s, world.kernels[kernel].uid)
        assert row is not None
        kernels.intend(s, row, DesiredState.RUNNING, at)
        for state in (KernelState.STARTING, KernelState.READY):
            row = kernels.move(s, row, state, at)
        kernels.update(s, row, ready_since=at)


def test_old_uploads_that_nothing_names_are_removed_and_all_that_something_names_stay(
    world: DeskWorld,
) -> None:
    uid = world.kernels[0].uid
    ready(world, 0, NOW)
    named = [run_output(world).object_key]
    world.publish(world.execution("c"), "x")
    named.append(str(world.artifacts()["x"].object_key))
    publish(world)
    with world.services.ledger.read() as s:
        named.append(str(catalog.latest(s, world.owner.id, "default", "m").object_key))
    text, shown, orphan = (world.stored(uid).key for _ in range(3))
    run = world.execution()
    item = {"kind": "display", "data": {"image/png": {"ref": shown, "size": 3}}}
    lost = {"name": "stdout", "total_bytes": 9, "kept_bytes": 1, "full": text}
    end_with(world.services.ledger, run, Output(items=[item], truncated=[lost]))
    with world.services.ledger.write() as s:
        for one in executions.running_of(s, uid):
            executions.end(s, one.id, ExecutionState.LOST, NOW)
    assert sweeping.sweep_orphans(world.services) == 0
    later = time.time() + sweeping.ORPHAN_AFTER_S + 60
    assert sweeping.sweep_orphans(world.services, later) == 1
    assert not there(world, orphan)
    assert all(there(world, key) for key in (*named, text, shown))


def test_uploads_in_parts_that_were_never_ended_are_forgotten_after_a_day(world: DeskWorld) -> None:
    uid = world.kernels[0].uid
    old = {key: world.services.store.pieces(key) for key in (upload(uid), "u/1/files/somebodys")}
    numbers = {key: pieces.begin() for key, pieces in old.items()}
    sweeping.sweep_orphans(world.services)
    for key, pieces in old.items():
        pieces.put(numbers[key], 1, b"x")
    sweeping.sweep_orphans(world.services, time.time() + sweeping.ORPHAN_AFTER_S + 60)
    kernels_own, somebodys = old
    with pytest.raises(NotFound):
        old[kernels_own].put(numbers[kernels_own], 2, b"x")
    old[somebodys].put(numbers[somebodys], 2, b"x")
    old[somebodys].abort(numbers[somebodys])


def test_uploads_are_left_alone_while_somebody_may_still_name_them(world: DeskWorld) -> None:
    later = time.time() + sweeping.ORPHAN_AFTER_S + 60
    stopped = world.stored(world.kernels[0].uid).key
    ready(world, 1, later - 60)  # came up just now
    young = world.stored(world.kernels[1].uid).key
    ready(world, 2, NOW)
    running = world.execution(kernel=2)
    of_a_running_cell = world.stored(world.kernels[2].uid).key
    world.services.store.put_bytes("k/AAAAAAAAAAAA/u/unknown-kernel", b"x")
    assert sweeping.sweep_orphans(world.services, later) == 0
    end_with(world.services.ledger, running, Output())
    assert sweeping.sweep_orphans(world.services, later) == 1
    assert not there(world, of_a_running_cell)
    assert there(world, stopped)
    assert there(world, young)


def test_a_deleted_kernel_takes_its_artifacts_along_and_leaves_what_is_its_owners(world: DeskWorld) -> None:
    uid = world.kernels[0].uid
    output = run_output(world)
    publish(world)
    world.publish(world.execution("c"), "x")
    key = world.artifacts()["x"].object_key
    orphan = plain(world.stored(uid))["key"]
    world.publish(world.execution("d", kernel=1), "other")
    _remove_objects(make_life(world.services), uid)
    assert world.artifacts().keys() == {"other"}
    assert not there(world, key)
    assert not there(world, orphan)
    assert there(world, output.object_key)
    promote_outputs(world.services)
    promote_catalog(world.services)
    with world.services.ledger.read() as s:
        version = catalog.latest(s, world.owner.id, "default", "m")
    assert not version.damaged
    assert not world.outputs()["a.main"].damaged
    assert read(world.services.store, str(version.object_key)) == b"abc"
