"""Uploads in parts and downloads in ranges against a real store that does not stay as it is."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.errors import StorageFailed
from broker_config.wire.messages import StoreCredentials
from broker_config.wire.names import new_uid
from kernel_worker.agent import s3, transfers
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.downloads import Absent, Damaged, Wanted
from kernel_worker.agent.patience import GivenUp
from kernel_worker.agent.transfers import Store
from tasks.objects.credentials import kernel_credentials
from tests.integration.weed import Weed, read

UID = new_uid()
DATA = bytes(range(256)) * 100_000
SUM = hashlib.sha256(DATA).hexdigest()
NO_CLIENT: Any = None


class Renewing(Desk):
    """Gives a new credential each time it is asked; the first ``spoiled`` are worth nothing."""

    def __init__(self, weed: Weed, spoiled: int = 0) -> None:
        super().__init__(NO_CLIENT, UID)
        self.weed = weed
        self.spoiled = spoiled
        self.given = 0

    def credentials(self) -> StoreCredentials:
        self.given += 1
        found = kernel_credentials(self.weed.settings, UID)
        if self.given > self.spoiled:
            return found
        values = {name: getattr(found, name) for name in StoreCredentials.__slots__}
        return StoreCredentials(**{**values, "secret_key": "x" * 20})


def test_a_credential_that_changes_in_the_middle_of_an_upload_changes_nothing(weed: Weed) -> None:
    desk = Renewing(weed)
    uploaded = Store(desk, UID).upload(io.BytesIO(DATA), len(DATA), "it")
    assert desk.given > 4
    assert uploaded.sha256 == SUM
    assert uploaded.checksum.endswith("-4")
    assert weed.store.stat(uploaded.key).checksum == uploaded.checksum
    assert read(weed.store, uploaded.key) == DATA


def test_a_credential_that_the_store_refuses_is_asked_for_again(weed: Weed) -> None:
    assert Store(Renewing(weed, spoiled=2), UID).upload_bytes(b"x", "it").size == 1


def test_an_upload_that_the_store_forgets_begins_again(weed: Weed, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(Renewing(weed), UID)
    begin, begun = store.s3.begin, []

    def forgotten(key: str) -> str:
        upload = begin(key)
        begun.append(upload)
        if len(begun) == 1:
            store.s3.abort(key, upload)
        return upload

    monkeypatch.setattr(store.s3, "begin", forgotten)
    uploaded = store.upload(io.BytesIO(DATA), len(DATA), "it", 10)
    assert len(begun) == 2
    assert read(weed.store, uploaded.key) == DATA


def test_an_upload_that_is_not_wanted_any_more_leaves_nothing(
    weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, over, keys = Store(Renewing(weed), UID), threading.Event(), []
    put = store.s3.put_part

    def put_part(key: str, *rest: Any) -> Any:
        over.set()
        keys.append(key)
        return put(key, *rest)

    monkeypatch.setattr(store.s3, "put_part", put_part)
    with pytest.raises(GivenUp):
        store.upload(io.BytesIO(DATA * 3), len(DATA) * 3, "it", unwanted=over.is_set)
    client = weed.store._client
    parts = client._list_multipart_uploads(weed.settings.s3_bucket, prefix=keys[0])
    assert not parts.uploads


def test_a_part_that_changed_on_its_way_is_refused_and_sent_again(
    weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, summed, sums = Store(Renewing(weed), UID), s3.crc32, []

    def of_what_was_meant(data: Any) -> bytes:
        sums.append(summed(data))
        return b"none" if len(sums) == 2 else sums[-1]

    monkeypatch.setattr(s3, "crc32", of_what_was_meant)
    uploaded = store.upload(io.BytesIO(DATA), len(DATA), "it", 10)
    assert len(sums) == 4 + 1
    assert read(weed.store, uploaded.key) == DATA


def test_a_file_that_became_shorter_is_not_stored(weed: Weed) -> None:
    with pytest.raises(StorageFailed, match="it became shorter"):
        Store(Renewing(weed), UID).upload(io.BytesIO(DATA), len(DATA) + 1, "it")


SIZES = (0, 1, transfers.PART_BYTES, transfers.PART_BYTES + 1, transfers.WHOLE_BYTES, len(DATA))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_uploaded_comes_back_in_ranges(weed: Weed, tmp_path: Path, size: int) -> None:
    store, data = Store(Renewing(weed), UID), DATA[:size]
    uploaded = store.upload(io.BytesIO(data), size, "it")
    assert weed.store.look(uploaded.key).checksum == uploaded.checksum
    assert ("-" in uploaded.checksum) == (size > transfers.WHOLE_BYTES)
    url = store.s3.presigned(uploaded.key, 600)
    store.downloads.fetch(Wanted(size, uploaded.sha256, "it"), lambda _anew: url, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data


def test_an_address_that_is_refused_is_asked_for_again_and_an_absent_object_is_said(
    weed: Weed, tmp_path: Path
) -> None:
    store = Store(Renewing(weed), UID)
    uploaded = store.upload(io.BytesIO(DATA), len(DATA), "it")
    good, gone = store.s3.presigned(uploaded.key, 600), store.s3.presigned(store.new_key(), 600)
    wanted = Wanted(len(DATA), SUM, "it")
    store.downloads.fetch(wanted, lambda anew: good if anew else f"{good}0", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == DATA
    with pytest.raises(Absent, match="it is not in the store"):
        store.downloads.fetch(wanted, lambda _anew: gone, tmp_path / "back")


@pytest.mark.parametrize("other", [DATA[:-1], DATA + b"x", b"1" + DATA[1:], b""])
def test_other_bytes_than_expected_are_told_with_their_sum(weed: Weed, tmp_path: Path, other: bytes) -> None:
    store = Store(Renewing(weed), UID)
    url = store.s3.presigned(store.upload(io.BytesIO(other), len(other), "it").key, 600)
    with pytest.raises(Damaged, match=SUM) as caught:
        store.downloads.fetch(Wanted(len(DATA), SUM, "it"), lambda _anew: url, tmp_path / "back")
    assert caught.value.found == hashlib.sha256(other).hexdigest()
