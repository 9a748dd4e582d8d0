"""What the desk answers about the catalog: both databases, a real store, several kernels."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from broker_config.wire import flows as wire
from broker_config.wire.codec import plain
from broker_config.wire.states import ExecutionState
from tasks.ledger import catalog, executions
from tests.integration.desk_world import (
    DeskWorld,
    fetched,
    finalize,
    prepare,
    publish,
    refused,
    world,
)
from tests.integration.flow_rows import upload
from tests.integration.ledger_rows import NOW, add_kernel, add_user, at_once

__all__ = ["world"]


def find(world: DeskWorld, name: str = "m", version: int | None = None, **cell: Any) -> Any:
    args = {"name": name, "namespace": cell.pop("namespace", "default"), "version": version}
    return world.ask(world.execution("b", **cell), wire.FindGlobal, **args)


def page(world: DeskWorld, **search: Any) -> list[str]:
    args = {"tags": [], "namespace": None, "name": None, **search}
    answer = world.ask(world.execution("b"), wire.PageGlobal, **args)
    return [f"{one['name']}@{one['version']}" for one in answer["entries"]]


def test_a_version_is_read_by_every_kernel_of_its_owner_with_who_made_it(world: DeskWorld) -> None:
    run = world.execution(code="publish()")
    ticket = prepare(world, run)["ticket"]
    assert finalize(world, run, ticket, b"model") == {"id": ticket, "version": 1}
    answer = find(world, kernel=1, flow="", interactive=True)
    entry = answer["entry"]
    assert fetched(answer["url"]) == (200, b"model")
    assert {name: entry[name] for name in ("id", "name", "namespace", "version", "owner", "node_id")} == {
        "id": ticket,
        "name": "m",
        "namespace": "default",
        "version": 1,
        "owner": "ann",
        "node_id": "a",
    }
    assert (entry["tags"], entry["description"], entry["python_type"]) == (["t"], "what\nit is", "Model")
    with world.services.ledger.read() as s:
        row = catalog.latest(s, world.owner.id, "default", "m")
    assert row.code_sha256 == hashlib.sha256(b"publish()").hexdigest()
    assert (row.flow_id, row.flow_version, row.execution_id) == (world.flow.id, 1, run)


def test_cells_and_flows_that_are_not_saved_are_told_why_they_may_not(world: DeskWorld) -> None:
    for cell, word in (
        ({"interactive": True}, "interactive"),
        ({"flow": ""}, "not saved"),
        ({"flow": "other"}, "not saved"),
    ):
        answer = prepare(world, world.execution(**cell))  # type: ignore[arg-type]
        assert answer["ticket"] == -1
        assert word in answer["why"]
    assert page(world) == []


def test_twenty_publishers_of_one_name_on_four_kernels_get_twenty_versions(world: DeskWorld) -> None:
    runs = [world.execution(kernel=n % 4) for n in range(20)]

    def act(number: int) -> Any:
        ticket = prepare(world, runs[number])["ticket"]
        return finalize(world, runs[number], ticket, str(number).encode())["version"]

    got = at_once(20, act)
    assert sorted(map(str, got)) == sorted(str(n) for n in range(1, 21)), got
    read = {fetched(find(world, version=n)["url"])[1] for n in range(1, 21)}
    assert read == {str(n).encode() for n in range(20)}


def test_what_is_prepared_and_not_finalized_is_not_there(world: DeskWorld) -> None:
    prepare(world, world.execution())
    assert page(world) == []
    refused(find(world), "KeyError", "empty")


def test_finalizing_twice_gives_the_same_version(world: DeskWorld) -> None:
    run = world.execution()
    ticket = prepare(world, run)["ticket"]
    stored = plain(world.stored(run[:12]))
    for _ in range(2):
        assert finalize(world, run, ticket, object=stored) == {"id": ticket, "version": 1}
    refused(finalize(world, run, ticket, b"other"), "ValueError", "already")
    assert page(world) == ["m@1"]


def test_a_ticket_is_of_its_execution_alone(world: DeskWorld) -> None:
    run, other = world.execution(), world.execution(kernel=1)
    ticket = prepare(world, run)["ticket"]
    for execution_id, number in ((other, ticket), (run, ticket + 99), (run, -1)):
        refused(finalize(world, execution_id, number), "RuntimeError", "not prepared")
    with world.services.ledger.write() as s:
        executions.end(s, run, ExecutionState.LOST, NOW)
    refused(finalize(world, run, ticket), "RuntimeError", "does not run")
    assert page(world) == []


def test_an_object_that_is_missing_or_other_than_said_makes_no_version(world: DeskWorld) -> None:
    run = world.execution()
    ticket = prepare(world, run)["ticket"]
    stored = plain(world.stored(run[:12]))
    for wrong in (
        {**stored, "key": upload(run[:12])},
        {**stored, "size": 2},
        {**stored, "sha256": "0" * 64, "checksum": "0" * 64},
    ):
        refused(finalize(world, run, ticket, object=wrong), "StorageUnavailable")
    for changes in (
        {"tags": ["x"] * 51},
        {"tags": [""]},
        {"tags": ["a\nb"]},
        {"description": "a\0b"},
        {"description": "\ud800"},
        {"description": "x" * 10_001},
    ):
        refused(finalize(world, run, ticket, object=stored, **changes), "ValueError")
    assert page(world) == []
    assert finalize(world, run, ticket, object=stored)["version"] == 1


def test_a_name_that_is_not_there_is_told_with_the_nearest(world: DeskWorld) -> None:
    publish(world, "delay_model")
    refused(find(world, "delay_modle"), "KeyError", "'delay_model'")
    refused(find(world, "delay_model", 4), "KeyError", "no version 4; its latest is 1")
    refused(find(world, "delay_model", namespace="lab"), "KeyError", "namespaces that hold some: 'default'")
    refused(find(world, "a/b"), "ValueError")


def test_what_somebody_else_published_is_not_there(world: DeskWorld) -> None:
    publish(world)
    bob = add_user(world.services.ledger, "bob")
    world.kernels.append(add_kernel(world.services.ledger, bob))
    refused(find(world, kernel=-1), "KeyError")
    args = {"tags": [], "namespace": None, "name": None}
    assert world.ask(world.execution(kernel=-1), wire.PageGlobal, **args)["entries"] == []
    answer = world.ask(
        world.execution(kernel=-1), wire.RemoveGlobal, name="m", namespace="default", version=None
    )
    refused(answer, "KeyError")
    refused(
        world.ask(world.execution(kernel=-1), wire.ReportDamage, what="global", id=1, found_sha256="0" * 64),
        "KeyError",
    )


def test_pages_hold_all_versions_that_have_all_tags(world: DeskWorld) -> None:
    publish(world, "m", tags=["a", "b"])
    publish(world, "m", tags=["a"])
    publish(world, "n", tags=["b"])
    assert page(world) == ["n@1", "m@2", "m@1"]
    assert page(world, tags=["a", "b"]) == ["m@1"]
    assert page(world, name="m") == ["m@2", "m@1"]
    assert page(world, namespace="lab") == []


def test_a_long_catalog_comes_in_pages(world: DeskWorld) -> None:
    with world.services.ledger.read() as s:
        maker = catalog.Maker(world.owner.id, "f", 1, "a", "e", world.kernels[0].uid, "0" * 64, None)
    new = catalog.NewVersion(None, [], "t", "m", "joblib", {}, None, [], "k", 1, "0" * 64)
    with world.services.ledger.write() as s:
        for n in range(501):
            catalog.finalize(s, catalog.prepare(s, maker, "default", f"n{n}", NOW).id, new, NOW)
    args: dict[str, Any] = {"tags": [], "namespace": None, "name": None}
    run = world.execution()
    first = world.ask(run, wire.PageGlobal, **args)
    second = world.ask(run, wire.PageGlobal, **args, after=first["next"])
    assert (len(first["entries"]), len(second["entries"]), second["next"]) == (500, 1, None)


def test_code_deletes_a_version_or_all_of_a_name(world: DeskWorld) -> None:
    for _ in range(3):
        publish(world)

    def remove(version: int | None) -> Any:
        return world.ask(world.execution(), wire.RemoveGlobal, name="m", namespace="default", version=version)

    assert remove(3) == {"deleted": 1}
    assert find(world)["entry"]["version"] == 2
    refused(remove(3), "KeyError")
    assert remove(None) == {"deleted": 2}
    refused(remove(None), "KeyError")
    assert publish(world)["version"] == 1


def test_who_read_a_version_is_known_and_so_is_what_it_was_made_from(world: DeskWorld) -> None:
    publish(world, "data")
    find(world, "data", kernel=1)
    find(world, "data", kernel=1, flow="", interactive=True)
    publish(world, "model", inputs=["default::data@1", "local", "x" * 999, "a\nb", "local"])
    with world.services.ledger.read() as s:
        forth = catalog.lineage(s, catalog.latest(s, world.owner.id, "default", "data"))
        back = catalog.lineage(s, catalog.latest(s, world.owner.id, "default", "model"))
    assert {row.flow_key for row in forth.readers} == {world.flow.id, f"~{world.kernels[1].uid}"}
    assert [row.name for row in forth.made_from_it] == ["model"]
    assert back.inputs == ["default::data@1", "local"]


def test_damage_that_a_reader_found_is_noted(world: DeskWorld) -> None:
    ticket = publish(world)["id"]
    run = world.execution("b", kernel=1)
    assert world.ask(run, wire.ReportDamage, what="global", id=ticket, found_sha256="0" * 64) == {}
    with world.services.ledger.read() as s:
        assert catalog.latest(s, world.owner.id, "default", "m").damaged


def test_an_execution_cannot_begin_versions_without_end(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.flow_desk.catalog.MOST_PREPARED", 3)
    run = world.execution()
    for _ in range(3):
        assert prepare(world, run)["ticket"] > 0
    refused(prepare(world, run), "RuntimeError", "unfinished")
