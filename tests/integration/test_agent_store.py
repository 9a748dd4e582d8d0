"""What cells leave in, and take from, a real object store with the kernel's scoped credential."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis

from broker_config.wire.errors import StorageFailed
from broker_config.wire.events import Request, SharedWritten
from broker_config.wire.messages import DeskReply, SharedEntry, StoreCredentials
from broker_config.wire.states import ExecutionState as X
from kernel_worker.agent.desk import Desk as AgentDesk
from kernel_worker.agent.transfers import Store
from tasks.objects.credentials import kernel_credentials
from tests.integration.kernel_fixture import LIMITS, KernelUnderTest, running_kernel, text_of
from tests.integration.redis_server import RedisServer
from tests.integration.weed import Weed, read, running_weed

LARGE = 20_000_000


class Desk:
    """The desk's answers over a real store, and the shared files that it knows."""

    def __init__(self, weed: Weed) -> None:
        self.weed = weed
        self.entries: list[SharedEntry] = []
        self.uid = ""

    def answer(self, request: Request) -> DeskReply:
        if request.kind == "credentials":
            return DeskReply(request.request, kernel_credentials(self.weed.settings, self.uid))
        prefix = str(request.args["prefix"])
        return DeskReply(request.request, shared=[e for e in self.entries if e.path.startswith(prefix)])

    def keep(self, path: str, data: bytes, version: int, sha256: str = "") -> None:
        """Put a shared file in the store and know it."""
        key = f"u/1/files/{path}-{version}"
        self.weed.store.put_bytes(key, data)
        url = self.weed.store.presign_get(key, 600)
        digest = sha256 or hashlib.sha256(data).hexdigest()
        self.entries = [e for e in self.entries if e.path != path]
        self.entries.append(SharedEntry(path, len(data), digest, version, url))


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    yield from running_weed(tmp_path_factory)


@pytest.fixture(scope="module")
def desk(weed: Weed) -> Desk:
    return Desk(weed)


@pytest.fixture(scope="module")
def kernel(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelUnderTest]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    limits = replace(LIMITS, stream_full_bytes=4_000_000)
    with running_kernel(server, desk.answer, limits=limits) as kernel:
        desk.uid = kernel.uid
        yield kernel
    server.kill()


def stored(desk: Desk, key: str) -> bytes:
    return read(desk.weed.store, key)


def test_the_whole_text_of_a_flood_is_in_the_store(kernel: KernelUnderTest, desk: Desk) -> None:
    result = kernel.run("for n in range(40_000): print(n, 'é' * 10)", 30)
    assert result.status is X.SUCCEEDED
    key = result.truncated[0].full
    assert key is not None
    assert key.startswith(f"k/{kernel.uid}/u/")
    whole = "".join(f"{n} {'é' * 10}\n" for n in range(40_000)).encode()
    assert stored(desk, key) == whole
    assert result.truncated[0].total_bytes == len(whole)


def test_a_big_display_is_a_reference_to_the_store(kernel: KernelUnderTest, desk: Desk) -> None:
    code = "from IPython.display import HTML\ndisplay(HTML('<b>' + 'x' * 2_000_000 + '</b>'))"
    execution_id = kernel.send(code)
    shown = next(item for item in kernel.result(execution_id).items if item.kind == "display")
    assert shown.data is not None
    reference = shown.data["text/html"]
    assert reference["size"] == 2_000_007
    assert stored(desk, reference["ref"]) == b"<b>" + b"x" * 2_000_000 + b"</b>"
    live = next(e.body for e in kernel.events(execution_id, "out") if e.type == "display")
    assert live.data["text/html"] == reference
    assert len(json.dumps(shown.data)) < 10_000


def test_a_shared_file_that_a_cell_wrote_is_stored_before_it_ends(
    kernel: KernelUnderTest, desk: Desk
) -> None:
    code = f"""
from flowfile import get_shared_location
open(get_shared_location('reports/large.bin'), 'wb').write(b'7' * {LARGE})
raise ValueError('after writing')
"""
    execution_id = kernel.send(code)
    assert kernel.result(execution_id, 30).status is X.FAILED
    events = kernel.events(execution_id)
    assert [event.type for event in events] == ["started", "shared_written", "finished"]
    written = events[1].body
    assert isinstance(written, SharedWritten)
    assert (written.path, written.size) == ("reports/large.bin", LARGE)
    data = stored(desk, written.key)
    assert written.sha256 == hashlib.sha256(data).hexdigest() == hashlib.sha256(b"7" * LARGE).hexdigest()


def test_the_store_keeps_the_checksum_of_what_fits_in_one_part(kernel: KernelUnderTest, desk: Desk) -> None:
    code = "from flowfile import get_shared_location\nopen(get_shared_location('small'), 'w').write('small')"
    execution_id = kernel.send(code)
    assert kernel.result(execution_id).status is X.SUCCEEDED
    (written,) = (e.body for e in kernel.events(execution_id) if isinstance(e.body, SharedWritten))
    assert desk.weed.store.stat(written.key).sha256 == written.sha256 == hashlib.sha256(b"small").hexdigest()


def test_a_newer_shared_file_is_there_before_the_call_returns(kernel: KernelUnderTest, desk: Desk) -> None:
    read = "from flowfile import get_shared_location\nprint(open(get_shared_location('in/a.txt')).read())"
    desk.keep("in/a.txt", b"first", 1)
    assert text_of(kernel.run(read)) == "first\n"
    desk.keep("in/a.txt", b"second", 2)
    assert text_of(kernel.run(read)) == "second\n"
    desk.keep("in/b.txt", b"other", 1)
    listing = "import os\nprint(sorted(os.listdir(get_shared_location('in/'))))"
    assert text_of(kernel.run(listing)) == "['a.txt', 'b.txt']\n"


def test_a_shared_file_with_other_bytes_than_the_ledger_knows_is_refused(
    kernel: KernelUnderTest, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.keep("in/bad.txt", b"flipped", 1, sha256="0" * 64)
    result = kernel.run("from flowfile import get_shared_location\nget_shared_location('in/bad.txt')")
    assert result.status is X.FAILED
    assert result.error is not None
    assert "in/bad.txt" in result.error.message


def test_an_upload_to_a_store_that_is_away_gives_up_and_says_what_is_kept(desk: Desk) -> None:
    credentials = kernel_credentials(desk.weed.settings, desk.uid)

    class Known(AgentDesk):
        def credentials(self) -> StoreCredentials:
            return credentials

    store = Store(Known(redis.Redis(), desk.uid), desk.uid)
    assert store.upload_bytes(b"x", "a file", 5.0).size == 1
    desk.weed.kill()
    try:
        with pytest.raises(
            StorageFailed, match="a file could not be stored, it is kept in the kernel"
        ) as caught:
            store.upload_bytes(b"x", "a file", 1.0)
    finally:
        desk.weed.start()
    assert credentials.secret_key not in str(caught.value)
    assert store.upload_bytes(b"x", "a file", 20.0).size == 1
