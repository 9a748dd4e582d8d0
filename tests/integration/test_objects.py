"""The embedded S3 server and the object store over it."""

from __future__ import annotations

import hashlib
import io
import signal
import stat
import time
from collections.abc import Iterator

import pytest
import urllib3

from broker_config.wire.errors import BadSettings, NotFound, StorageFailed, Unavailable
from tasks.objects import keys
from tasks.objects.parts import PART_BYTES
from tasks.objects.store import ObjectStore
from tests.integration.weed import Weed, answers_grpc, read, running_weed, until, weed_settings
from web.stack import objects

PROBE_BOUND_S = 8.0


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    yield from running_weed(tmp_path_factory)


@pytest.fixture
def store(weed: Weed) -> ObjectStore:
    return weed.store


class Trickle(io.BytesIO):
    """A stream that gives less than it is asked for, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 700_001))


class Broken(io.BytesIO):
    """A stream whose sender goes away after the first part."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= PART_BYTES:
            raise ConnectionResetError("the browser left")
        return super().read(size)


def test_what_was_put_can_be_read_stated_listed_copied_and_removed(store: ObjectStore) -> None:
    key, other = keys.owner_file(7), keys.owner_file(7)
    stored = store.put_bytes(key, b"hello", "text/plain")
    assert (stored.size, stored.sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    store.copy(key, other)
    assert {found.key: found.size for found in store.list(keys.owner_files_prefix(7))} == {key: 5, other: 5}
    with store.open(other) as download:
        assert b"".join(download) == b"hello"
    store.remove(key)
    store.remove(key)
    assert [found.key for found in store.list(keys.owner_files_prefix(7))] == [other]


def test_the_store_tells_the_sha256_of_an_uploaded_object(store: ObjectStore) -> None:
    key, copied = keys.owner_file(1), keys.owner_file(1)
    stored = store.put_bytes(key, b"some bytes")
    store.copy(key, copied)
    assert store.stat(key).sha256 == store.stat(copied).sha256 == stored.sha256 == stored.checksum


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])
@pytest.mark.parametrize("announced", [True, False])
def test_a_stream_is_stored_whole_with_the_checksum_that_the_store_tells(
    store: ObjectStore, size: int, announced: bool
) -> None:
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    stored = store.put_stream(keys.owner_file(2), Trickle(data), size if announced else -1)
    found = store.stat(stored.key)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert (found.size, found.checksum) == (size, stored.checksum)
    with store.open(stored.key) as download:
        assert hashlib.sha256(b"".join(download)).hexdigest() == stored.sha256


@pytest.mark.parametrize("size", [3, PART_BYTES + 3])
def test_a_stream_of_another_length_than_announced_leaves_nothing_behind(
    store: ObjectStore, size: int
) -> None:
    key = keys.owner_file(3)
    with pytest.raises(StorageFailed):
        store.put_stream(key, io.BytesIO(bytes(size)), size + 1)
    with pytest.raises(NotFound):
        store.stat(key)


def test_a_stream_that_breaks_leaves_nothing_behind_and_raises_its_own_error(store: ObjectStore) -> None:
    key = keys.owner_file(3)
    with pytest.raises(ConnectionResetError):
        store.put_stream(key, Broken(bytes(3 * PART_BYTES)), -1)
    with pytest.raises(NotFound):
        store.stat(key)


def test_a_range_is_read_like_a_file(store: ObjectStore) -> None:
    key = keys.owner_file(4)
    store.put_bytes(key, b"0123456789")
    assert read(store, key, 2, 3) == b"234"
    assert read(store, key, 8, 100) == b"89"
    assert read(store, key, 10, 5) == b""
    assert read(store, key, 0, 0) == b""
    with store.open(key, 6) as download:
        assert b"".join(download) == b"6789"


def test_what_is_not_there_is_not_found(store: ObjectStore) -> None:
    absent = keys.owner_file(5)
    for look in (
        lambda: store.stat(absent),
        lambda: store.open(absent),
        lambda: store.open(absent, 0, 0),
        lambda: store.copy(absent, keys.owner_file(5)),
    ):
        with pytest.raises(NotFound):
            look()


def test_a_download_left_in_the_middle_gives_its_connection_back(store: ObjectStore) -> None:
    key = store.put_bytes(keys.owner_file(6), bytes(3 * PART_BYTES)).key
    for _ in range(40):
        with store.open(key) as download:
            next(iter(download))
    assert read(store, key, 0, 4) == bytes(4)


def test_a_presigned_url_serves_ranges_of_its_object_alone(store: ObjectStore) -> None:
    one, two = keys.owner_file(8), keys.owner_file(8)
    store.put_bytes(one, b"0123456789")
    store.put_bytes(two, b"secret")
    url = store.presign_get(one, 60)
    with urllib3.PoolManager(timeout=5, retries=False) as http:
        ranged = http.request("GET", url, headers={"Range": "bytes=3-5"})
        assert (ranged.status, ranged.data) == (206, b"345")
        assert ranged.headers["Content-Range"] == "bytes 3-5/10"
        assert http.request("GET", url).data == b"0123456789"
        assert http.request("GET", url.replace(one, two)).status == 403
        assert http.request("PUT", url, body=b"x").status == 403
        assert http.request("GET", url.split("?", maxsplit=1)[0]).status == 403


def test_a_presigned_url_ends_with_its_time(store: ObjectStore) -> None:
    key = store.put_bytes(keys.owner_file(8), b"x").key
    url = store.presign_get(key, 1)
    with urllib3.PoolManager(timeout=5, retries=False) as http:
        until("the URL is refused", lambda: http.request("GET", url).status == 403, 5)


def test_the_wrong_secret_is_refused_and_a_missing_binary_is_told(
    weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ObjectStore(weed.settings.model_copy(update={"s3_access_key": "husk-nobody"}))
    with pytest.raises(StorageFailed):
        wrong.stat(keys.owner_file(1))
    with pytest.raises(Unavailable):
        wrong.probe()
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadSettings, match="not installed"):
        objects.command(weed.settings)


def test_everything_listens_on_loopback_and_secrets_are_its_owners_alone(weed: Weed) -> None:
    first = weed.settings.weed_port
    listening = {
        (c.laddr.ip, c.laddr.port) for c in weed.server().net_connections("inet") if c.status == "LISTEN"
    }
    assert listening == {("127.0.0.1", port) for port in (weed.settings.s3_port, *range(first, first + 7))}
    home = objects.folder(weed.settings)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in home.glob("*.*") if f.is_file()} == {0o600}


def test_the_inner_ports_serve_nobody_without_a_key(weed: Weed, store: ObjectStore) -> None:
    store.put_bytes(keys.owner_file(9), b"x")
    first = weed.settings.weed_port
    with urllib3.PoolManager(timeout=2, retries=False) as http:
        for port, path, status in ((0, "/dir/assign", 404), (1, "/1,01637037d6", 401), (2, "/buckets/", 404)):
            assert http.request("GET", f"http://127.0.0.1:{first + port}{path}").status == status, path
    for port in range(first + 3, first + 7):
        assert not answers_grpc(port, tls=False), port
        assert not answers_grpc(port, tls=True), port


def test_two_stacks_run_side_by_side(
    weed: Weed, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = keys.owner_file(10)
    for other in running_weed(tmp_path_factory):
        other.store.put_bytes(key, b"other")
        store.put_bytes(key, b"own")
        assert (read(store, key), read(other.store, key)) == (b"own", b"other")


def test_objects_and_urls_outlive_a_stop_and_a_kill(weed: Weed, store: ObjectStore) -> None:
    stored = [store.put_bytes(keys.owner_file(11), bytes([n]) * 300_000) for n in range(5)]
    url = store.presign_get(stored[0].key, 600)
    assert weed.stop() < 3
    weed.start()
    stored.append(store.put_stream(keys.owner_file(11), io.BytesIO(bytes(PART_BYTES + 1))))
    weed.kill()
    weed.start()
    for one in stored:
        found = store.stat(one.key)
        assert (found.size, found.checksum) == (one.size, one.checksum)
        with store.open(one.key) as download:
            assert hashlib.sha256(b"".join(download)).hexdigest() == one.sha256
    with urllib3.PoolManager(timeout=5, retries=False) as http:
        assert http.request("GET", url).status == 200


def test_a_probe_of_a_stopped_store_is_unavailable_soon(tmp_path_factory: pytest.TempPathFactory) -> None:
    nobody = ObjectStore(weed_settings(tmp_path_factory.mktemp("nobody")))
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        nobody.probe()
    assert time.monotonic() - begin < PROBE_BOUND_S


def test_a_probe_of_a_frozen_store_is_unavailable_soon_and_good_again_after_it(
    weed: Weed, store: ObjectStore
) -> None:
    store.probe()
    server = weed.server()
    server.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            store.probe()
        assert time.monotonic() - begin < PROBE_BOUND_S
    finally:
        server.send_signal(signal.SIGCONT)
    until("the store is back", lambda: _probes(store), 10)


def _probes(store: ObjectStore) -> bool:
    try:
        store.probe()
    except Unavailable:
        return False
    return True
