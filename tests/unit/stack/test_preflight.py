"""What `husk up` says before it starts anything."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import BadSettings, Conflict
from tests.integration.weed import free_ports
from web.stack import ports, preflight, records
from web.stack.secret_file import ensure, redis_url

PORTS_OF_ALL = 12


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a folder with secrets, on free ports."""
    first = free_ports(PORTS_OF_ALL)
    monkeypatch.setenv("HUSK_DATA_DIR", str(tmp_path / "data"))
    made = Settings(
        data_dir=tmp_path / "data",
        web_port=first,
        flower_port=first + 1,
        redis_port=first + 2,
        s3_port=first + 3,
        weed_port=first + 4,
    )
    made.data_dir.mkdir()
    monkeypatch.setenv("HUSK_REDIS_PORT", str(made.redis_port))
    return made


@pytest.fixture
def taken(settings: Settings) -> Iterator[int]:
    """The API's port, with a listener."""
    with socket.create_server(("127.0.0.1", settings.web_port)):
        yield settings.web_port


def test_free_ports_and_servers_are_fine(settings: Settings) -> None:
    preflight.check(preflight.prepare(settings).model_copy(update=_ports_of(settings)))


def _ports_of(settings: Settings) -> dict[str, int]:
    return {name: getattr(settings, name) for name in ("web_port", "flower_port", "s3_port", "weed_port")}


def test_a_taken_port_is_named_with_its_holder_and_its_setting(settings: Settings, taken: int) -> None:
    with pytest.raises(BadSettings) as caught:
        preflight.check(settings)
    message = caught.value.message
    assert f"port {taken} for the API is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert "HUSK_WEB_PORT" in message


def test_two_settings_with_one_port_are_named(settings: Settings) -> None:
    twice = settings.model_copy(update={"flower_port": settings.weed_port + 6})
    with pytest.raises(BadSettings, match="HUSK_WEED_PORT and HUSK_FLOWER_PORT"):
        preflight.check(twice)


def test_every_port_has_a_setting_that_exists(settings: Settings) -> None:
    for port in ports.wanted(settings):
        assert port.setting.removeprefix("HUSK_").lower() in Settings.model_fields


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSettings, match=r"cannot be written .*set HUSK_DATA_DIR"):
        preflight.prepare(Settings(data_dir=tmp_path / "file" / "data"))


def test_a_full_disk_is_named_before_anything_starts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 10**12, 10**8))
    with pytest.raises(BadSettings, match="only 100 MB are free"):
        preflight.check(settings)


def test_a_redis_of_ones_own_is_refused_in_embedded_mode(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUSK_REDIS_URL", "redis://:a-password-of-my-own@redis.example:6379/0")
    with pytest.raises(BadSettings, match="HUSK_REDIS_URL is set") as caught:
        preflight.prepare(settings)
    assert "a-password-of-my-own" not in caught.value.message


def test_deployed_mode_has_another_way_to_start(settings: Settings) -> None:
    with pytest.raises(BadSettings, match="HUSK_MODE=deployed"):
        preflight.prepare(settings.model_copy(update={"mode": "deployed"}))


def test_a_folder_is_used_by_one_stack_at_a_time(settings: Settings) -> None:
    preflight.prepare(settings)
    records.write(preflight.run_folder(settings), records.Record(records.OWNER, records.me(), None))
    held = preflight.lock(settings)
    try:
        with pytest.raises(Conflict, match=rf"runs already .*pid {os.getpid()}"):
            preflight.lock(settings)
    finally:
        os.close(held)
    os.close(preflight.lock(settings))


def test_what_is_kept_is_readable_by_its_owner_alone(settings: Settings) -> None:
    preflight.prepare(settings)
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o711
    for name in ("run", "logs", "stack.env", "husk.db"):
        assert stat.S_IMODE((settings.data_dir / name).stat().st_mode) & 0o077 == 0, name


def test_prepared_settings_hold_the_secrets(settings: Settings) -> None:
    full = preflight.prepare(settings)
    ensure(settings)
    assert full.secret_key != SecretStr("")
    assert full.embedded_redis_url.endswith(redis_url(settings.redis_port, "").rpartition("@")[2])
