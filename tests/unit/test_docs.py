"""The documents say what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_documents_with_its_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]
    default = "" if isinstance(field.default, SecretStr) else str(field.default)
    shown = f"`{default}`" if default else ""
    row = f"| `HUSK_{name.upper()}` | {shown} | {field.description} |"
    assert row in (DOCS / "settings.md").read_text()
