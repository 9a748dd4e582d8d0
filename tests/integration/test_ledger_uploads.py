"""Uploads in parts and folders of shared files, on both databases."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import BadField, Conflict
from tasks.ledger import files, folders, uploads
from tasks.ledger.models import FileUpload
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_user, at_once

PART = uploads.TakenPart(1, 5, "etag", "0" * 64)


def begin(ledger: Ledger, owner_id: int, path: str = "a", name: str = "u") -> FileUpload:
    with ledger.write() as s:
        return uploads.begin(s, uploads.NewUpload(owner_id, path, name, 10, f"key of {name}", "store"), NOW)


def test_an_upload_moves_by_the_parts_that_come_in_their_order(ledger: Ledger) -> None:
    ann, bob = add_user(ledger).id, add_user(ledger, "bob").id
    row = begin(ledger, ann)
    with ledger.write() as s:
        uploads.take(s, row.id, 0, PART, NOW + 1)
    for wrong in (0, 4, 6):
        with pytest.raises(Conflict), ledger.write() as s:
            uploads.take(s, row.id, wrong, PART, NOW)
    with ledger.write() as s:
        uploads.take(s, row.id, 5, uploads.TakenPart(2, 5, "etag2", "1" * 64), NOW + 2)
    with ledger.read() as s:
        found = uploads.find(s, ann, "a", "u")
        assert found is not None
        assert (found.received, found.touched_at) == (10, NOW + 2)
        assert [(part.number, part.etag) for part in uploads.parts(s, row.id)] == [(1, "etag"), (2, "etag2")]
        assert uploads.find(s, bob, "a", "u") is None
        assert (uploads.of_owner(s, ann), uploads.of_owner(s, bob)) == (1, 0)


def test_of_many_who_take_one_part_one_does(ledger: Ledger) -> None:
    row = begin(ledger, add_user(ledger).id)

    def take(_: int) -> None:
        with ledger.write() as s:
            uploads.take(s, row.id, 0, PART, NOW)

    told = at_once(8, take)
    assert told.count(None) == 1
    assert sum(isinstance(one, Conflict) for one in told) == 7


def test_a_name_is_one_upload_of_a_path_and_free_again_at_its_end(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    row = begin(ledger, ann)
    with pytest.raises(Conflict):
        begin(ledger, ann)
    begin(ledger, ann, name="other")
    begin(ledger, ann, path="b")
    with ledger.write() as s:
        uploads.take(s, row.id, 0, PART, NOW)
        assert uploads.end(s, row.id)
        assert not uploads.end(s, row.id)
    with pytest.raises(Conflict), ledger.write() as s:
        uploads.take(s, row.id, 5, PART, NOW)
    assert begin(ledger, ann).received == 0


def test_what_nobody_goes_on_with_is_found(ledger: Ledger) -> None:
    ann = add_user(ledger).id
    old, new = begin(ledger, ann), begin(ledger, ann, name="new")
    with ledger.write() as s:
        uploads.take(s, new.id, 0, PART, NOW + 100)
    with ledger.read() as s:
        assert [row.id for row in uploads.untouched(s, NOW + 50, 9)] == [old.id]
        assert uploads.untouched(s, NOW, 9) == []
        assert len(uploads.untouched(s, NOW + 500, 1)) == 1


def test_folders_are_walked_by_bytes_on_every_database(ledger: Ledger) -> None:
    ann, bob = add_user(ledger).id, add_user(ledger, "bob").id
    for path in ("a", "b/x", "b/y/z", "b0", "B/x", "b b/x", "b%/x", "b_/x", "é/x", "\U0001f600/x", "é"):
        with ledger.write() as s:
            files.add_version(s, files.NewVersion(ann, path, "k"), NOW)
    with ledger.write() as s:
        files.add_version(s, files.NewVersion(ann, "gone/x", "k"), NOW)
        files.add_version(s, files.NewVersion(ann, "gone/x"), NOW)
        files.add_version(s, files.NewVersion(bob, "theirs/x", "k"), NOW)

    def walk(prefix: str, limit: int) -> tuple[list[str], list[str]]:
        below: list[str] = []
        found: list[str] = []
        after: str | None = None
        with ledger.read() as s:
            while True:
                some, rows, after = folders.page(s, ann, prefix, after, limit)
                assert 0 < len(some) + len(rows) <= limit
                below += some
                found += [row.path for row in rows]
                if after is None:
                    return below, found

    top = (["B/", "b b/", "b%/", "b/", "b_/", "é/", "\U0001f600/"], ["a", "b0", "é"])
    for limit in (1, 2, 3, 100):
        assert walk("", limit) == top
    assert walk("b/", 1) == (["b/y/"], ["b/x"])
    with ledger.read() as s:
        assert folders.page(s, ann, "b%/", None, 9)[1][0].path == "b%/x"
        assert folders.page(s, ann, "nothing/", None, 9) == ([], [], None)
        with pytest.raises(BadField):
            folders.page(s, ann, "", "nonsense", 9)


def test_a_folder_of_many_is_skipped_and_not_read(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = add_user(ledger).id
    with ledger.write() as s:
        for number in range(300):
            files.add_version(s, files.NewVersion(ann, f"many/{number:03d}", "k"), NOW)
        files.add_version(s, files.NewVersion(ann, "z", "k"), NOW)
    read: list[int] = []
    batch = folders._batch

    def counted(*arguments: object) -> list[object]:
        rows = batch(*arguments)  # type: ignore[arg-type]
        read.append(len(rows))
        return list(rows)

    monkeypatch.setattr(folders, "_batch", counted)
    with ledger.read() as s:
        below, rows, after = folders.page(s, ann, "", None, 9)
    assert (below, [row.path for row in rows], after) == (["many/"], ["z"], None)
    assert sum(read) == folders.FIRST + 1
