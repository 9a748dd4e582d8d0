"""Secrets that come as files, as containers get theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker_config import settings
from broker_config.wire.errors import BadSettings

LONG = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of secrets, and a data folder without settings."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setattr(settings, "SECRETS_DIR", folder)
    monkeypatch.setenv("HUSK_DATA_DIR", str(tmp_path / "data"))
    return folder


def test_a_secret_is_read_from_a_file_without_its_line_end(secrets: Path) -> None:
    (secrets / "husk_secret_key").write_text(f"{LONG}\n")
    (secrets / "somebody_elses").write_text("x")
    assert settings.load_settings().secret_key.get_secret_value() == LONG


def test_a_variable_wins_over_the_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (secrets / "husk_s3_bucket").write_text("of-the-file")
    monkeypatch.setenv("HUSK_S3_BUCKET", "of-the-variable")
    assert settings.load_settings().s3_bucket == "of-the-variable"


def test_a_machine_without_such_a_folder_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECRETS_DIR", tmp_path / "nowhere")
    monkeypatch.setenv("HUSK_DATA_DIR", str(tmp_path))
    assert settings.load_settings().mode == "embedded"


def test_a_short_key_for_the_figures_is_refused(secrets: Path) -> None:
    for name in ("secret_key", "s3_secret_key"):
        (secrets / f"husk_{name}").write_text(LONG)
    (secrets / "husk_redis_url").write_text("redis://:x@redis:6379/0")
    settings.require_secrets(settings.load_settings())
    (secrets / "husk_metrics_token").write_text("short")
    with pytest.raises(BadSettings, match="HUSK_METRICS_TOKEN"):
        settings.require_secrets(settings.load_settings())
