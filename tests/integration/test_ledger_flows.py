"""Flows, their versions and the outputs of their nodes, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.ledger import artifacts, doomed, flows, outputs
from tasks.ledger.artifacts import Place
from tasks.ledger.models import Flow
from tasks.ledger.outputs import NewFlowOutput
from tasks.ledger.session import Ledger
from tests.integration.flow_rows import KERNEL, add_flow, document, publish, upload
from tests.integration.ledger_rows import NOW, add_user, at_once


def new_output(owner_id: int, flow_id: str, name: str = "main", **changes: Any) -> NewFlowOutput:
    values: dict[str, Any] = {
        "owner_id": owner_id,
        "flow_key": flow_id,
        "node_id": "a",
        "name": name,
        "kernel_uid": KERNEL,
        "execution_id": f"{KERNEL}-1",
        "object_key": upload(),
        "size": 7,
        "sha256": "0" * 64,
        "rows": 2,
        "columns": [{"name": "x", "type": "Int64"}],
    }
    return NewFlowOutput(**{**values, **changes})


def keys_of(ledger: Ledger, flow: Flow) -> dict[str, str]:
    with ledger.read() as s:
        rows = outputs.of_flow(s, flow.owner_id, flow.id)
        return {f"{row.node_id}.{row.name}": row.object_key for row in rows}


def test_every_save_is_a_version_and_old_ones_stay(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    with ledger.write() as s:
        flows.save(s, ann, flow, "G", document("abc"), 1, NOW + 1)
    with ledger.read() as s:
        found = flows.visible(s, ann, flow.id)
        assert (found.version, found.name, found.created_at, found.updated_at) == (2, "G", NOW, NOW + 1)
        assert len(flows.newest(s, found).document["nodes"]) == 3
        assert len(flows.version(s, found, 1).document["nodes"]) == 2
        assert [row.version for row in flows.versions(s, found, None, 9)[0]] == [2, 1]
        page, following = flows.versions(s, found, None, 1)
        assert [row.version for row in page] == [2]
        assert [row.version for row in flows.versions(s, found, following, 1)[0]] == [1]
        with pytest.raises(NotFound, match="version 3"):
            flows.version(s, found, 3)


def test_a_document_from_before_is_read_in_todays_form(ledger: Ledger) -> None:
    owner = add_user(ledger)
    old = document("a")
    old["nodes"][0]["settings"] = {"code": "1"}
    old["parameters"] = {"year": 2013}
    flow = add_flow(ledger, owner, old)
    with ledger.read() as s:
        read = flows.newest(s, flow).document
    assert read["nodes"][0]["settings"] == {"cells": [{"id": "c1", "code": "1"}]}
    assert read["parameters"] == {"year": {"type": "integer", "default": 2013}}


def test_a_save_of_what_somebody_else_saved_meanwhile_is_refused(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    with ledger.write() as s:
        flows.save(s, ann, flows.visible(s, ann, flow.id), "G", document(), 1, NOW)
    with pytest.raises(Conflict) as caught, ledger.write() as s:
        flows.save(s, ann, flow, "H", document(), 1, NOW)
    assert caught.value.field == "version"
    with ledger.read() as s:
        assert flows.visible(s, ann, flow.id).name == "G"


def test_of_saves_at_once_of_one_version_one_wins(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)

    def save(number: int) -> int:
        with ledger.write() as s:
            return flows.save(
                s, ann, flows.visible(s, ann, flow.id), f"n{number}", document(), 1, NOW
            ).version

    got = at_once(6, save)
    assert sorted(map(str, got)).count("2") == 1
    assert sum(isinstance(one, Conflict) for one in got) == 5


def test_flows_of_others_and_deleted_ones_are_not_there(ledger: Ledger) -> None:
    ann, bob, root = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "root", "admin")
    flow, other = add_flow(ledger, ann), add_flow(ledger, bob)
    with ledger.read() as s:
        with pytest.raises(NotFound):
            flows.visible(s, bob, flow.id)
        assert flows.visible(s, root, flow.id).id == flow.id
        assert [row.id for row in flows.page(s, ann, None, 9)[0]] == [flow.id]
        assert flows.page(s, root, None, 9)[0] == []
        assert {row.id for row in flows.page(s, root, None, 9, all=True)[0]} == {flow.id, other.id}
        with pytest.raises(BadField):
            flows.page(s, ann, "x", 9)
    with ledger.write() as s:
        flows.delete(s, flow, NOW)
    with ledger.read() as s:
        assert flows.page(s, ann, None, 9) == ([], None)
        with pytest.raises(NotFound):
            flows.visible(s, ann, flow.id)
    with pytest.raises(NotFound), ledger.write() as s:
        flows.delete(s, flow, NOW)
    with pytest.raises(NotFound), ledger.write() as s:
        flows.save(s, ann, flow, "H", document(), 1, NOW)


def test_pages_of_flows_are_by_age(ledger: Ledger) -> None:
    ann = add_user(ledger)
    made = {add_flow(ledger, ann, name=str(n)).id for n in range(5)}
    seen: list[str] = []
    after = None
    with ledger.read() as s:
        while True:
            rows, after = flows.page(s, ann, after, 2)
            seen += [row.id for row in rows]
            if after is None:
                break
    assert sorted(seen) == sorted(made)


def test_an_output_takes_the_place_of_the_one_before_whose_object_is_doomed(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    first, second = new_output(ann.id, flow.id), new_output(ann.id, flow.id)
    beside = new_output(ann.id, flow.id, "other")
    with ledger.write() as s:
        outputs.write(s, [first, beside], NOW)
    with ledger.write() as s:
        outputs.write(s, [second], NOW + 1)
    assert keys_of(ledger, flow) == {"a.main": second.object_key, "a.other": beside.object_key}
    with ledger.read() as s:
        assert doomed.due(s, NOW + 2, 9) == [first.object_key]
        assert doomed.due(s, NOW, 9) == []


def test_a_run_replaces_all_that_its_node_had_put_out(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    old = [new_output(ann.id, flow.id, name) for name in ("main", "x")]
    foreign = new_output(ann.id, flow.id, "main", node_id="b")
    new = new_output(ann.id, flow.id, "y")
    with ledger.write() as s:
        outputs.write(s, [*old, foreign], NOW)
    with ledger.write() as s:
        outputs.replace(s, ann.id, flow.id, "a", [new], NOW)
    assert keys_of(ledger, flow) == {"a.y": new.object_key, "b.main": foreign.object_key}


def test_an_object_that_two_outputs_are_is_promoted_for_both_and_doomed_only_in_name(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    own = new_output(ann.id, flow.id)
    passed = new_output(ann.id, flow.id, node_id="b", object_key=own.object_key, passed_through=True)
    with ledger.write() as s:
        outputs.write(s, [own, passed], NOW)
    with ledger.read() as s:
        (row,) = outputs.unpromoted(s, 9)
    with ledger.write() as s:
        outputs.promote(s, row.object_key, f"f/{flow.id}/1", NOW)
    assert set(keys_of(ledger, flow).values()) == {f"f/{flow.id}/1"}
    with ledger.write() as s:
        outputs.replace(s, ann.id, flow.id, "a", [], NOW)
    with ledger.read() as s:
        assert outputs.unpromoted(s, 9) == []
        due = doomed.due(s, NOW + 1, 9)
        assert sorted(due) == sorted([own.object_key, f"f/{flow.id}/1"])
        assert doomed.named(s, due) == {f"f/{flow.id}/1"}
    with ledger.write() as s:
        doomed.forget(s, due)
    with ledger.read() as s:
        assert doomed.due(s, NOW + 1, 9) == []


def test_a_deleted_flow_takes_its_outputs_and_artifacts_along(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow, other = add_flow(ledger, ann), add_flow(ledger, ann)
    output = new_output(ann.id, flow.id)
    with ledger.write() as s:
        outputs.write(s, [output, new_output(ann.id, other.id)], NOW)
    for one in (flow, other):
        publish(ledger, Place(ann.id, one.id), "x")
    with ledger.write() as s:
        flows.delete(s, flow, NOW)
    with ledger.read() as s:
        assert outputs.of_flow(s, ann.id, flow.id) == []
        assert artifacts.seen(s, Place(ann.id, flow.id), artifacts.CELLS) == []
        assert len(outputs.of_flow(s, ann.id, other.id)) == 1
        assert len(artifacts.seen(s, Place(ann.id, other.id), artifacts.CELLS)) == 1
        due = doomed.due(s, NOW + 1, 9)
    assert output.object_key in due
    assert len(due) == 2


def test_a_damaged_output_is_not_promoted_any_more(ledger: Ledger) -> None:
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    output = new_output(ann.id, flow.id)
    with ledger.write() as s:
        outputs.write(s, [output], NOW)
    with ledger.write() as s:
        outputs.mark_damaged(s, output.object_key)
    with ledger.read() as s:
        assert outputs.unpromoted(s, 9) == []
        assert [row.damaged for row in outputs.of_flow(s, ann.id, flow.id)] == [True]
