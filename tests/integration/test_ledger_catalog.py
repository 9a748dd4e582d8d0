"""The catalog on both databases: versions, searches, guards, pruning, lineage."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.ledger import catalog, doomed
from tasks.ledger.catalog import Search
from tasks.ledger.catalog.lineage import reference
from tasks.ledger.endings import Output
from tasks.ledger.session import Ledger
from tests.integration.flow_rows import maker, publish_global
from tests.integration.ledger_rows import NOW, add_cells, add_user, at_once, end_with, kernel_row


@pytest.fixture
def ann(ledger: Ledger) -> int:
    return add_user(ledger).id


def numbers(ledger: Ledger, owner: int, name: str, namespace: str = "default") -> list[int | None]:
    with ledger.read() as s:
        return [row.version for row in catalog.versions(s, owner, namespace, name, None, 99)[0]]


def test_versions_count_per_owner_namespace_and_name(ledger: Ledger, ann: int) -> None:
    bob = add_user(ledger, "bob").id
    made = [
        publish_global(ledger, ann, "m").version,
        publish_global(ledger, ann, "m").version,
        publish_global(ledger, ann, "m", "other").version,
        publish_global(ledger, ann, "M").version,
        publish_global(ledger, bob, "m").version,
    ]
    assert made == [1, 2, 1, 1, 1]
    assert numbers(ledger, ann, "m") == [2, 1]
    with ledger.read() as s:
        assert catalog.find(s, ann, "default", "m", None).version == 2
        assert catalog.find(s, ann, "default", "m", 1).version == 1
        with pytest.raises(NotFound, match="no version 7; its latest is 2"):
            catalog.find(s, ann, "default", "m", 7)
        with pytest.raises(NotFound, match="'x'"):
            catalog.find(s, ann, "default", "x", None)
        assert catalog.names(s, ann, None, 9) == ["M", "m"]
        assert catalog.namespaces(s, ann) == ["default", "other"]


def test_what_is_prepared_is_nowhere_and_has_no_number(ledger: Ledger, ann: int) -> None:
    who = maker(ann)
    with ledger.write() as s:
        row = catalog.prepare(s, who, "default", "m", NOW)
    assert row.version is None
    with ledger.read() as s:
        assert catalog.page(s, ann, Search(), None, 9) == ([], None)
        assert catalog.entries(s, ann, Search(), None, 9) == ([], None)
        assert catalog.prepared_by(s, who.execution_id) == 1
        with pytest.raises(NotFound):
            catalog.latest(s, ann, "default", "m")
    assert publish_global(ledger, ann, "m").version == 1


def test_finalizing_again_changes_nothing_and_another_object_is_refused(ledger: Ledger, ann: int) -> None:
    row = publish_global(ledger, ann, "m", tags=["a"], inputs=["x"])
    values = {
        field: getattr(row, field)
        for field in ("description", "tags", "type_name", "module", "format", "meta", "preview")
    }
    same = catalog.NewVersion(**values, inputs=["x"], object_key=row.object_key, size=3, sha256="0" * 64)
    with ledger.write() as s:
        assert catalog.finalize(s, row.id, same, NOW + 9).version == 1
        catalog.promote_object(s, row.object_key, "c/1/x", NOW)
    with ledger.write() as s:
        assert catalog.finalize(s, row.id, same, NOW + 9).object_key == "c/1/x"
    other = catalog.NewVersion(**values, inputs=[], object_key="k/other", size=3, sha256="1" * 64)
    with pytest.raises(Conflict), ledger.write() as s:
        catalog.finalize(s, row.id, other, NOW)
    with pytest.raises(NotFound), ledger.write() as s:
        catalog.finalize(s, row.id + 1, same, NOW)
    assert numbers(ledger, ann, "m") == [1]


def test_twenty_publishers_of_one_name_get_twenty_versions(ledger: Ledger, ann: int) -> None:
    got = at_once(20, lambda _number: publish_global(ledger, ann, "m").version)
    assert sorted(map(str, got)) == sorted(str(n) for n in range(1, 21))
    assert numbers(ledger, ann, "m") == list(range(20, 0, -1))


def test_a_number_is_not_used_again_while_the_name_lives_and_an_id_never(ledger: Ledger, ann: int) -> None:
    rows = [publish_global(ledger, ann, "m") for _ in range(3)]
    with ledger.write() as s:
        assert catalog.delete(s, ann, "default", "m", 3, NOW) == 1
    fourth = publish_global(ledger, ann, "m")
    assert (fourth.version, numbers(ledger, ann, "m")) == (4, [4, 2, 1])
    with ledger.write() as s:
        assert catalog.delete(s, ann, "default", "m", None, NOW) == 3
    again = publish_global(ledger, ann, "m")
    assert again.version == 1
    assert again.id > max(fourth.id, *(row.id for row in rows))


def test_the_last_version_deleted_by_its_number_ends_the_name_too(ledger: Ledger, ann: int) -> None:
    publish_global(ledger, ann, "m")
    publish_global(ledger, ann, "m")
    for number in (2, 1):
        with ledger.write() as s:
            catalog.delete(s, ann, "default", "m", number, NOW)
    with ledger.read() as s:
        assert catalog.names(s, ann, None, 9) == []
    assert publish_global(ledger, ann, "m").version == 1


def test_publishing_and_deleting_at_once_never_gives_a_number_twice(ledger: Ledger, ann: int) -> None:
    def act(number: int) -> str:
        if number % 3:
            return str(publish_global(ledger, ann, "m").id)
        with ledger.write() as s:
            return f"deleted {catalog.delete(s, ann, 'default', 'm', None, NOW)}"

    got = at_once(12, act)
    assert all(isinstance(one, str | NotFound) for one in got), got
    left = numbers(ledger, ann, "m") if publish_global(ledger, ann, "m") else []
    assert len(set(left)) == len(left)


def test_deleting_dooms_the_objects_and_leaves_others_alone(ledger: Ledger, ann: int) -> None:
    gone = publish_global(ledger, ann, "m", tags=["a"], inputs=["x"])
    stays = publish_global(ledger, ann, "m", "other")
    with ledger.write() as s:
        catalog.delete(s, ann, "default", "m", None, NOW)
    with ledger.read() as s:
        assert doomed.due(s, NOW + 1, 9) == [gone.object_key]
        assert doomed.named(s, [gone.object_key, stays.object_key]) == {stays.object_key}
        for missing in (("default", "m", None), ("other", "m", 9), ("other", "x", None)):
            with pytest.raises(NotFound):
                catalog.delete(s, ann, *missing, NOW)


def test_a_person_deletes_the_latest_version_only_with_force(ledger: Ledger, ann: int) -> None:
    for _ in range(3):
        publish_global(ledger, ann, "m")
    for version in (3, None):
        with pytest.raises(Conflict) as caught, ledger.write() as s:
            catalog.delete_by_person(s, ann, "default", "m", version, False, NOW)
        assert caught.value.field == "force"
    with ledger.write() as s:
        assert catalog.delete_by_person(s, ann, "default", "m", 1, False, NOW) == 1
        assert catalog.delete_by_person(s, ann, "default", "m", 3, True, NOW) == 1
    assert numbers(ledger, ann, "m") == [2]
    with ledger.write() as s:
        assert catalog.delete_by_person(s, ann, "default", "m", None, True, NOW) == 1


def found(ledger: Ledger, owner: int, **search: object) -> list[str]:
    with ledger.read() as s:
        rows, _ = catalog.page(s, owner, Search(**search), None, 99)  # type: ignore[arg-type]
        return [f"{row.namespace}::{row.name}@{row.version}" for row in rows]


def test_a_page_shows_the_latest_of_each_name_and_filters_are_anded(ledger: Ledger, ann: int) -> None:
    publish_global(ledger, ann, "model", tags=["old", "nl"], description="Delays")
    publish_global(ledger, ann, "model", tags=["nl", "prod"], description="Delays of flights")
    publish_global(ledger, ann, "table", tags=["nl"])
    publish_global(ledger, ann, "model", "lab", tags=["prod"], description="50% of_it")
    publish_global(ledger, add_user(ledger, "bob").id, "model", tags=["nl"])
    every = ["default::model@2", "default::table@1", "lab::model@1"]
    assert found(ledger, ann) == every
    assert found(ledger, ann, tags=["nl"]) == every[:2]
    assert found(ledger, ann, tags=["nl", "prod"]) == every[:1]
    assert found(ledger, ann, tags=["nl", "prod", "old"]) == []
    assert found(ledger, ann, namespace="lab") == every[2:]
    assert found(ledger, ann, name="model") == [every[0], every[2]]
    assert found(ledger, ann, text="FLIGHT") == every[:1]
    assert found(ledger, ann, text="tab") == every[1:2]
    assert found(ledger, ann, text="0% of_") == every[2:]
    assert found(ledger, ann, text="%") == every[2:]


def test_pages_of_names_and_of_entries_go_on_where_they_ended(ledger: Ledger, ann: int) -> None:
    for n in range(5):
        publish_global(ledger, ann, f"m{n}", "ab"[n % 2])
    seen: list[str] = []
    after: str | None = None
    ids: list[int] = []
    below: int | None = None
    with ledger.read() as s:
        while True:
            rows, after = catalog.page(s, ann, Search(), after, 2)
            seen += [row.name for row in rows]
            if after is None:
                break
        while True:
            rows, below = catalog.entries(s, ann, Search(), below, 2)
            ids += [row.id for row in rows]
            if below is None:
                break
        with pytest.raises(BadField):
            catalog.page(s, ann, Search(), "x", 9)
    assert seen == ["m0", "m2", "m4", "m1", "m3"]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5


def test_versions_are_paged_newest_first(ledger: Ledger, ann: int) -> None:
    for _ in range(3):
        publish_global(ledger, ann, "m")
    with ledger.read() as s:
        rows, after = catalog.versions(s, ann, "default", "m", None, 2)
        more, end = catalog.versions(s, ann, "default", "m", after, 2)
    assert ([row.version for row in (*rows, *more)], end) == ([3, 2, 1], None)


def test_an_old_version_promoted_is_a_new_latest_one_of_the_same_object(ledger: Ledger, ann: int) -> None:
    old = publish_global(ledger, ann, "m", tags=["t"], description="d", inputs=["i"])
    publish_global(ledger, ann, "m")
    with ledger.write() as s:
        new = catalog.promote(s, ann, "default", "m", 1, NOW + 5)
    assert (new.version, new.promoted_from, new.object_key) == (3, 1, old.object_key)
    assert new.id != old.id
    with ledger.read() as s:
        assert catalog.latest(s, ann, "default", "m").id == new.id
        assert catalog.lineage(s, new).inputs == ["i"]
        assert catalog.page(s, ann, Search(tags=["t"]), None, 9)[0][0].description == "d"
    with pytest.raises(Conflict, match="latest already"), ledger.write() as s:
        catalog.promote(s, ann, "default", "m", 3, NOW)
    with ledger.write() as s:
        catalog.delete(s, ann, "default", "m", 1, NOW)
    with ledger.read() as s:
        assert doomed.named(s, doomed.due(s, NOW + 1, 9)) == {old.object_key}


def test_an_object_moves_once_for_all_versions_that_are_it(ledger: Ledger, ann: int) -> None:
    old = publish_global(ledger, ann, "m")
    publish_global(ledger, ann, "m")
    with ledger.write() as s:
        catalog.promote(s, ann, "default", "m", 1, NOW)
    with ledger.read() as s:
        waiting = [row.object_key for row in catalog.unpromoted(s, 9)]
    assert waiting.count(old.object_key) == 1
    assert len(waiting) == 2
    with ledger.write() as s:
        catalog.promote_object(s, str(old.object_key), "c/1/x", NOW)
    with ledger.read() as s:
        assert {catalog.find(s, ann, "default", "m", n).object_key for n in (1, 3)} == {"c/1/x"}
        assert len(catalog.unpromoted(s, 9)) == 1
    with ledger.write() as s:
        catalog.mark_damaged(s, "c/1/x")
    with ledger.read() as s:
        assert [catalog.find(s, ann, "default", "m", n).damaged for n in (1, 2, 3)] == [True, False, True]
    with pytest.raises(Conflict, match="damaged"), ledger.write() as s:
        catalog.promote(s, ann, "default", "m", 1, NOW)


def test_pruning_keeps_the_highest_of_each_name_and_what_is_young(ledger: Ledger, ann: int) -> None:
    for n in range(4):
        publish_global(ledger, ann, "m", now=NOW + n)
    publish_global(ledger, ann, "only", now=NOW)

    def planned(keep: int, before: float | None = None, name: str | None = None) -> list[str]:
        with ledger.read() as s:
            wanted = catalog.Prune(ann, keep, name=name, made_before=before)
            found = catalog.prunable(s, wanted, 100)
        assert (found.count, found.size) == (len(found.versions), sum(row.size for row in found.versions))
        assert found.names == len({row.name for row in found.versions})
        return [f"{row.name}@{row.version}" for row in found.versions]

    assert planned(2) == ["m@1", "m@2"]
    assert planned(1) == planned(0) == ["m@1", "m@2", "m@3"]
    assert planned(1, NOW + 1) == ["m@1"]
    assert planned(1, NOW + 99, "only") == []
    with ledger.write() as s:
        gone = catalog.prune(s, catalog.Prune(ann, 1, made_before=NOW + 1.5), 100, NOW)
        assert [row.version for row in gone.versions] == [1, 2]
    assert numbers(ledger, ann, "m") == [4, 3]
    assert planned(1) == ["m@3"]


def test_a_prune_of_many_reads_and_deletes_no_more_than_was_asked(ledger: Ledger, ann: int) -> None:
    for name in ("b", "a"):
        for n in range(4):
            publish_global(ledger, ann, name, now=NOW + n)
    wanted = catalog.Prune(ann, 1)
    with ledger.write() as s:
        found = catalog.prune(s, wanted, 4, NOW)
        assert (found.count, found.names) == (6, 2)
        assert [(row.name, row.version) for row in found.versions] == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    with ledger.read() as s:
        assert catalog.prunable(s, wanted, 4).count == 2
    assert numbers(ledger, ann, "b") == [4, 3, 2]


def test_what_is_said_of_a_version_changes_and_its_tags_are_found(ledger: Ledger, ann: int) -> None:
    publish_global(ledger, ann, "m", tags=["old", "kept"], description="first")
    with ledger.write() as s:
        row = catalog.describe(s, ann, "default", "m", 1, catalog.Said(tags=["new", "kept", "new"]))
        assert (row.description, row.tags) == ("first", ["new", "kept"])
    with ledger.read() as s:
        found = {tag: len(catalog.page(s, ann, catalog.Search([tag]), None, 9)[0]) for tag in ("old", "new")}
    assert found == {"old": 0, "new": 1}
    with ledger.write() as s:
        row = catalog.describe(s, ann, "default", "m", 1, catalog.Said(description=""))
        assert (row.description, row.tags) == (None, ["new", "kept"])
    with pytest.raises(NotFound), ledger.write() as s:
        catalog.describe(s, ann, "default", "m", 2, catalog.Said(""))


def test_lineage_goes_both_ways(ledger: Ledger, ann: int) -> None:
    source = publish_global(ledger, ann, "data")
    model = publish_global(ledger, ann, "model", inputs=[reference(source), "local"])
    foreign = add_user(ledger, "bob").id
    publish_global(ledger, foreign, "model", inputs=[reference(source)])
    for execution, at in (("e1", NOW), ("e2", NOW + 1)):
        with ledger.write() as s:
            catalog.note_read(s, source.id, "flow", "n", execution, at)
    with ledger.write() as s:
        catalog.note_read(s, source.id, "flow2", "", "e3", NOW + 2)
    with ledger.read() as s:
        back, forth = catalog.lineage(s, model), catalog.lineage(s, source)
        assert catalog.is_noted(s, source.id, "flow", "n", "e2")
        assert not catalog.is_noted(s, source.id, "flow", "n", "e1")
    assert back.inputs == ["default::data@1", "local"]
    assert (back.version.code_sha256, back.version.flow_version) == ("1" * 64, 1)
    assert [row.id for row in forth.made_from_it] == [model.id]
    assert [(row.flow_key, row.execution_id) for row in forth.readers] == [("flow2", "e3"), ("flow", "e2")]


def test_what_was_prepared_and_never_came_is_dropped(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)
    owner = kernel.owner_id
    ended, running = add_cells(ledger, kernel.uid, 2)
    with ledger.write() as s:
        for one in (ended, running):
            catalog.prepare(s, maker(owner, execution_id=one), "default", "m", NOW)
        catalog.prepare(s, maker(owner, execution_id=running), "default", "old", NOW - 99)
    stays = publish_global(ledger, owner, "m", now=NOW - 99)
    end_with(ledger, ended, Output())
    with ledger.write() as s:
        assert catalog.drop_prepared(s, NOW - 5, NOW + 5, 9) == 2
        assert catalog.drop_prepared(s, NOW - 5, NOW + 5, 9) == 0
    with ledger.read() as s:
        assert catalog.prepared_by(s, running) == 1
        assert catalog.latest(s, owner, "default", "m").id == stays.id
