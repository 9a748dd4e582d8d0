"""The flavours' own packages are those of the one lock."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from broker_config.wire.errors import BadField
from tasks.environments.base_set import ROOTS, base_pins, base_roots

GROUPS = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["dependency-groups"]


def named(group: str) -> set[str]:
    """Names of the packages of a dependency group, with the groups that it includes."""
    found: set[str] = set()
    for entry in GROUPS[group]:
        found |= {Requirement(entry).name} if isinstance(entry, str) else named(entry["include-group"])
    return found


@pytest.mark.parametrize("flavour", sorted(ROOTS))
def test_a_flavour_is_made_of_what_its_group_names(flavour: str) -> None:
    assert set(base_roots(flavour)) == named(f"kernel-{flavour}")


@pytest.mark.parametrize("flavour", sorted(ROOTS))
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_package_of_a_flavour_has_one_version_for_each_python(flavour: str, python: str) -> None:
    pins = base_pins(flavour, python)
    assert set(base_roots(flavour)) <= set(pins)
    assert all(Version(version) for version in pins.values())


def test_what_is_for_other_systems_or_pythons_is_left_out() -> None:
    assert "colorama" not in base_pins("base", "3.11")
    assert base_pins("base", "3.11")["numpy"] != base_pins("base", "3.12")["numpy"]


def test_a_flavour_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadField, match="base, ml"):
        base_pins("../etc/passwd")
