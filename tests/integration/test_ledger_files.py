"""Shared files and the broker's epoch, on both databases."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import NotFound
from tasks.ledger import broker, files
from tasks.ledger.models import SharedFile
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_user


def add(
    ledger: Ledger, owner_id: int, path: str, key: str | None = "key", promoted: bool = True
) -> SharedFile:
    with ledger.write() as s:
        return files.add_version(s, files.NewVersion(owner_id, path, key, 3, "0" * 64, promoted), NOW)


def test_versions_count_per_owner_and_path_and_the_newest_is_the_latest(ledger: Ledger) -> None:
    ann, bob = add_user(ledger).id, add_user(ledger, "bob").id
    assert [add(ledger, owner, "a", f"k{n}").version for n, owner in enumerate((ann, ann, bob))] == [1, 2, 1]
    with ledger.read() as s:
        newest = files.latest(s, ann, "a")
        assert newest is not None
        assert (newest.version, newest.object_key, newest.size) == (2, "k1", 3)
        assert [row.version for row in files.versions(s, ann, "a")] == [2, 1]
        assert files.latest(s, ann, "A") is None


def test_a_deleted_file_is_a_version_without_an_object_and_in_no_list(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    add(ledger, ann, "a/x")
    add(ledger, ann, "a/x", None)
    with ledger.read() as s:
        newest = files.latest(s, ann, "a/x")
        assert newest is not None
        assert newest.object_key is None
        assert files.below(s, ann, "a") == files.page(s, ann, "", None, 9)[0] == []
    assert add(ledger, ann, "a/x").version == 3


def test_a_folder_holds_its_files_and_no_neighbours(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    for path in ("a", "a/x", "a/b/y", "a-b", "A/x", "ab/x", "a%/x", "a_/x"):
        add(ledger, ann, path)
    with ledger.read() as s:
        assert [row.path for row in files.below(s, ann, "a")] == ["a/b/y", "a/x"]
        assert [row.path for row in files.below(s, ann, "a/")] == ["a/b/y", "a/x"]
        assert [row.path for row in files.below(s, ann, "a%")] == ["a%/x"]
        assert len(files.below(s, ann, "")) == 8


def test_pages_are_by_bytes_of_the_path_on_every_database(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    paths = ["é", "z", "a b", "a-b", "a", "B", "ab", "\U0001f600", "a/x", "_"]
    for path in paths:
        add(ledger, ann, path)
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = files.page(s, ann, "", after, 3)
            seen += [row.path for row in rows]
            if after is None:
                break
        assert [row.path for row in files.page(s, ann, "a", None, 9)[0]] == ["a", "a b", "a-b", "a/x", "ab"]
    assert seen == sorted(paths, key=str.encode)


def test_a_file_waits_for_its_promotion_until_it_has_its_new_key(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    add(ledger, ann, "here")
    there = add(ledger, ann, "there", "k/K/u/1", promoted=False)
    with ledger.read() as s:
        assert [row.id for row in files.unpromoted(s, 5)] == [there.id]
    with ledger.write() as s:
        files.promote(s, there.id, "o/1/there", NOW)
        files.promote(s, there.id, "o/1/there", NOW + 5)
    with ledger.read() as s:
        assert files.unpromoted(s, 5) == []
        row = files.latest(s, ann, "there")
    assert row is not None
    assert (row.object_key, row.promoted, row.damaged) == ("o/1/there", True, False)


def test_what_a_file_was_promoted_from_is_known_until_it_is_cleared(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    there = add(ledger, ann, "there", "k/K/u/1", promoted=False)
    with ledger.write() as s:
        files.promote(s, there.id, "o/1/there", NOW)
    with ledger.read() as s:
        assert files.left_over(s, NOW, 5) == []
        assert [row.old_key for row in files.left_over(s, NOW + 1, 5)] == ["k/K/u/1"]
    with ledger.write() as s:
        files.cleared(s, there.id)
    with ledger.read() as s:
        assert files.left_over(s, NOW + 1, 5) == []


def test_a_damaged_file_waits_for_no_promotion(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    there = add(ledger, ann, "there", "k/K/u/1", promoted=False)
    with ledger.write() as s:
        files.mark_damaged(s, there.id)
    with ledger.read() as s:
        assert files.unpromoted(s, 5) == files.left_over(s, NOW * 2, 5) == []


def test_nobodys_file_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        add(ledger, 4711, "a")


def test_the_brokers_epoch_is_one_value(ledger: Ledger) -> None:
    with ledger.read() as s:
        assert broker.epoch(s) is None
    for value in ("first", "second"):
        with ledger.write() as s:
            broker.set_epoch(s, value)
    with ledger.read() as s:
        assert broker.epoch(s) == "second"
