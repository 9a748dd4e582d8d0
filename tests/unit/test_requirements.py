"""A skip becomes a failure where the missing thing is required."""

from __future__ import annotations

import pytest

from tests.requirements import require, required


def test_what_is_absent_and_not_required_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSK_REQUIRE", "docker")
    with pytest.raises(pytest.skip.Exception, match="postgres: not installed"):
        require("postgres", "not installed")


def test_what_is_absent_and_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSK_REQUIRE", "docker, postgres,")
    assert required() == {"docker", "postgres"}
    with pytest.raises(pytest.fail.Exception, match="not installed"):
        require("postgres", "not installed")
