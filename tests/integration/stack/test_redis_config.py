"""The embedded Redis as it is configured, with each server that is here."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import BadSettings
from tests.integration.redis_server import binaries
from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.stack import redis_server
from web.stack.flower import broker_url
from web.stack.secret_file import redis_url

SECRET = "secret-of-the-redis-under-test"
FLOWER_SECRET = "secret-of-flower-under-test"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on a free port."""
    port = free_ports(1)
    return Settings(
        data_dir=tmp_path / "folder with a space",
        redis_port=port,
        redis_url=SecretStr(redis_url(port, SECRET)),
        flower_redis_password=SecretStr(FLOWER_SECRET),
    )


@pytest.fixture(params=sorted(binaries()))
def client(settings: Settings, request: pytest.FixtureRequest) -> Iterator[redis.Redis]:
    """A client of a server that runs with the written configuration."""
    config = redis_server.write_config(settings)
    with subprocess.Popen([binaries()[request.param], config], stdout=subprocess.DEVNULL) as process:
        found = redis.Redis.from_url(settings.embedded_redis_url, decode_responses=True, driver_info=None)
        try:
            wait_until(lambda: _answers(found), 10, "redis")
            yield found
        finally:
            found.close()
            process.terminate()


def _answers(client: redis.Redis) -> bool:
    with suppress(redis.ConnectionError):
        return bool(client.ping())
    return False


def test_it_is_durable_and_evicts_nothing(client: redis.Redis) -> None:
    told = client.config_get("append*", "maxmemory-policy", "bind")
    assert told["appendonly"] == "yes"
    assert told["appendfsync"] == "everysec"
    assert told["maxmemory-policy"] == "noeviction"
    assert told["bind"] == "127.0.0.1"


def test_nobody_gets_in_without_the_password(client: redis.Redis, settings: Settings) -> None:
    stranger = redis.Redis(port=settings.redis_port, driver_info=None)
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_flower_has_a_user_that_reads_no_stream_and_no_claim(client: redis.Redis, settings: Settings) -> None:
    client.set("kernel:K:claim:x", "1")
    with redis.Redis.from_url(broker_url(settings), driver_info=None) as flower:
        assert flower.llen("kernel.K") == 0
        for refused in (
            ("GET", "kernel:K:claim:x"),
            ("FLUSHALL",),
            ("ACL", "LIST"),
            ("EVAL", "return 1", "0"),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                flower.execute_command(*refused)


def test_the_configuration_is_private_and_holds_no_password(settings: Settings) -> None:
    path = redis_server.write_config(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert SECRET not in path.read_text()
    assert FLOWER_SECRET not in path.read_text()


def test_the_wheels_server_serves_where_path_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.binary() == binaries()["shipped"]


def test_a_server_on_path_that_is_too_old_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.binary() == binaries()["shipped"]


def test_valkey_on_path_serves_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    valkey = tmp_path / "valkey-server"
    valkey.write_text("#!/bin/sh\necho 'Valkey server v=8.0.1 sha=0'\n")
    valkey.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.binary() == valkey


def test_no_server_at_all_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(redis_server, "_shipped", lambda: None)
    with pytest.raises(BadSettings, match="install redis-server or valkey-server"):
        redis_server.binary()
