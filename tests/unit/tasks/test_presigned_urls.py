"""Presigned addresses: the same one for a while, so that readers keep what they made for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.objects.store import LONGEST_PRESIGNED_S, SAME_URL_S, ObjectStore


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(
        Settings(data_dir=tmp_path, s3_secret_key=SecretStr("a-secret-key-of-this-test-alone"))
    )


def at(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    monkeypatch.setattr("tasks.objects.store.time", SimpleNamespace(time=lambda: now))


def test_an_address_stays_the_same_and_serves_for_all_the_time_that_was_asked(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = 100_000 * SAME_URL_S
    at(monkeypatch, start)
    first = store.presign_get("k/a", 3600)
    at(monkeypatch, start + SAME_URL_S - 0.1)
    assert store.presign_get("k/a", 3600) == first
    # Asked for at the last moment, it still has an hour.
    assert parse_qs(urlsplit(first).query)["X-Amz-Expires"] == [str(3600 + SAME_URL_S)]
    assert store.presign_get("k/b", 3600) != first
    at(monkeypatch, start + SAME_URL_S)
    assert store.presign_get("k/a", 3600) != first


def test_a_short_one_is_not_stretched_much_and_a_long_one_not_over_what_the_store_takes(
    store: ObjectStore,
) -> None:
    for asked, most in ((1, 2), (60, 75), (1e9, LONGEST_PRESIGNED_S)):
        lasts = int(parse_qs(urlsplit(store.presign_get("k/a", asked)).query)["X-Amz-Expires"][0])
        assert min(asked, most) <= lasts <= most
