"""What images are built from agrees with the lock, the contract and the Compose schema."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire import VERSION
from broker_config.wire.errors import ImageBuildFailed
from tasks.runtimes.image_context import DOCKERFILE, context
from tasks.runtimes.images import Flavour

TOP = Path(__file__).parents[3]
COMPOSE = [TOP / "compose.yaml", *sorted((TOP / "compose").glob("*.yml"))]
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


@pytest.fixture(scope="module")
def lock() -> dict[tuple[str, str], set[str]]:
    """The hashes of every package's files, by name and version, as ``uv.lock`` has them."""
    packages: list[dict[str, Any]] = tomllib.loads((TOP / "uv.lock").read_text())["package"]
    files = {(p["name"], p.get("version", "")): [*p.get("wheels", []), p.get("sdist")] for p in packages}
    return {key: {file["hash"] for file in found if file} for key, found in files.items()}


@pytest.mark.parametrize("name", ["agent", "uv", *Flavour, "control"])
def test_what_an_image_installs_is_what_the_lock_says(
    name: str, lock: dict[tuple[str, str], set[str]]
) -> None:
    text = (TOP / f"compose/requirements/{name}.txt").read_text()
    hashes = {key: set(HASH.findall(part)) for key, part in _parts(text).items()}
    assert hashes
    assert {key: lock.get(key) for key in hashes} == hashes, "run `make lock`"


@pytest.mark.parametrize("name", ["agent", "uv", *Flavour])
def test_every_package_that_an_image_is_to_hold_is_installed(name: str) -> None:
    groups = tomllib.loads((TOP / "pyproject.toml").read_text())["dependency-groups"]
    wanted = [entry for entry in groups[f"kernel-{name}"] if isinstance(entry, str)]
    names = {re.split(r"[\[<>=]", entry)[0] for entry in wanted}
    assert names <= {key[0] for key in _parts((TOP / f"compose/requirements/{name}.txt").read_text())}


def test_the_ml_flavour_holds_what_base_holds() -> None:
    base, ml = (_parts((TOP / f"compose/requirements/{name}.txt").read_text()).keys() for name in Flavour)
    assert base < ml


def test_the_image_says_the_contract_and_the_release_that_are_in_it() -> None:
    dockerfile = (TOP / DOCKERFILE).read_text()
    release = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"]
    assert f"ARG WIRE={VERSION}\n" in dockerfile
    assert f'husk.version="{release}"' in dockerfile


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_compose_file_fits_the_schema(path: Path) -> None:
    assert _complaints(path) == ""


def test_the_schema_notices_a_key_that_there_is_not(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((TOP / "compose.yaml").read_text() + "includes: []\n")
    assert "includes" in _complaints(wrong)


def test_the_context_holds_what_the_dockerfile_copies_and_no_more(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("a certificate")
    with tarfile.open(fileobj=context(authority)) as tar:
        held = {member.name: member for member in tar.getmembers()}
        given = tar.extractfile("compose/site/host.crt")
        assert given is not None
        assert given.read() == b"a certificate"
    assert {DOCKERFILE, "kernel_worker/init/__main__.py", "broker_config/wire/__init__.py"} <= set(held)
    assert {name.split("/")[0] for name in held} == {"compose", "broker_config", "kernel_worker"}
    assert {(m.uid, m.gid, m.mode, m.mtime) for m in held.values()} == {(0, 0, 0o644, 0)}
    assert not [name for name in held if "__pycache__" in name]


def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageBuildFailed, match=r"cannot read .*absent\.pem"):
        context(tmp_path / "absent.pem")


def _parts(text: str) -> dict[tuple[str, str], str]:
    """What stands in a requirements file about each package, by name and version."""
    starts = [*PINNED.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return {(m[1], m[2]): text[m.end() : end] for m, end in zip(starts, ends, strict=True)}


def _complaints(path: Path) -> str:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
