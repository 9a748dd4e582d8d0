"""The secrets of the embedded stack."""

from __future__ import annotations

import stat
from pathlib import Path

from broker_config.settings import ENV_FILE, Settings, require_secrets
from web.stack import secret_file


def load(data_dir: Path) -> Settings:
    """Settings as a process of the stack reads them."""
    return Settings(data_dir=data_dir, _env_file=data_dir / ENV_FILE)  # type: ignore[call-arg]


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    first = secret_file.ensure(Settings(data_dir=tmp_path)).read_text()
    assert secret_file.ensure(Settings(data_dir=tmp_path)).read_text() == first
    require_secrets(load(tmp_path))


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = secret_file.ensure(Settings(data_dir=tmp_path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_redis_port_keeps_the_password(tmp_path: Path) -> None:
    secret_file.ensure(Settings(data_dir=tmp_path))
    before = load(tmp_path).embedded_redis_url
    secret_file.ensure(Settings(data_dir=tmp_path, redis_port=9999))
    after = load(tmp_path).embedded_redis_url
    assert after == before.replace(":8422/", ":9999/")


def test_what_an_older_file_lacks_is_added(tmp_path: Path) -> None:
    (tmp_path / ENV_FILE).write_text("HUSK_SECRET_KEY=kept-from-an-older-version\n")
    secret_file.ensure(Settings(data_dir=tmp_path))
    settings = load(tmp_path)
    assert settings.secret_key.get_secret_value() == "kept-from-an-older-version"
    require_secrets(settings)


def test_two_folders_share_no_secret(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        secret_file.ensure(Settings(data_dir=tmp_path / name))
    lines = [set((tmp_path / name / ENV_FILE).read_text().splitlines()) for name in ("a", "b")]
    assert not lines[0] & lines[1]
