"""Packages and locks on the command line, against a whole stack with an index of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.package_index import Index, serving, with_base_set
from tests.integration.stack.stack_fixture import HUSK, Stack
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    """The base set, of empty packages, and some more."""
    with serving() as served:
        with_base_set(served)
        served.put("left", "1.0", requires=["middle"])
        served.put("middle", "2.0")
        served.put("right", "1.0", requires=["middle<2"])
        yield served


@pytest.fixture(scope="module")
def stack(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is up, and knows that index alone."""
    made = Stack(tmp_path_factory.mktemp("stack"))
    made.environ["HUSK_INDEX_URL"] = index.url
    try:
        made.up("--no-example")
        yield made
    finally:
        made.sweep()


def test_packages_are_locked_shown_saved_and_given_on(stack: Stack, tmp_path: Path) -> None:
    made = stack.json("kernel", "create", "first", "--packages", "Left>=1, middle<3")
    assert made["packages"] == ["left>=1", "middle<3"]
    shown = stack.husk("kernel", "lock", "first").stdout
    assert "locked by admin" in shown
    assert made["lock_digest"] in shown
    assert any(line.split() == ["left", "1.0"] for line in shown.splitlines())
    file = tmp_path / "lock.txt"
    assert stack.husk("kernel", "lock", "first", "--output", str(file)).returncode == 0
    assert stack.husk("kernel", "lock", "first", "--output", "-").stdout == file.read_text()
    twin = stack.json("kernel", "create", "twin", "--lock", str(file))
    assert (twin["lock_digest"], twin["packages"]) == (made["lock_digest"], made["packages"])
    assert "left>=1, middle<3" in stack.husk("kernel", "show", "twin").stdout
    nowhere = stack.husk("kernel", "lock", "first", "--output", str(tmp_path / "no" / "folder"))
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)


def test_a_conflict_is_told_in_uvs_words_and_nothing_is_made(stack: Stack) -> None:
    done = stack.husk("kernel", "create", "never", "--packages", "left, right")
    assert done.returncode == 1
    assert "middle" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.husk("kernel", "show", "never").returncode == 1
    refused = stack.husk("kernel", "create", "never", "--packages", "-r /etc/passwd")
    assert (refused.returncode, "option" in refused.stderr) == (1, True)


def test_an_update_shows_what_changes_and_asks(stack: Stack, index: Index) -> None:
    index.put("moving", "1.0")
    before = stack.json("kernel", "create", "moved", "--packages", "moving")["lock_digest"]
    assert "newest" in stack.husk("kernel", "lock", "moved", "--update").stderr
    index.put("moving", "1.1")
    asked = stack.husk("kernel", "lock", "moved", "--update")
    assert asked.returncode == 1, "nobody said yes"
    assert any(line.split() == ["moving", "1.0", "1.1"] for line in asked.stdout.splitlines())
    assert stack.json("kernel", "show", "moved")["lock_digest"] == before
    done = stack.husk("kernel", "lock", "moved", "--update", "--yes")
    assert any(line.split() == ["moving", "1.1"] for line in done.stdout.splitlines())
    assert stack.json("kernel", "show", "moved")["lock_digest"] != before


def test_packages_are_changed_and_taken_away(stack: Stack) -> None:
    stack.json("kernel", "create", "changed", "--packages", "left")
    assert stack.json("kernel", "update", "changed", "--packages", "middle")["packages"] == ["middle"]
    assert stack.json("kernel", "update", "changed", "--packages", "")["lock_digest"] is None
    none = stack.husk("kernel", "lock", "changed")
    assert (none.returncode, "no lock" in none.stderr) == (1, True)
    refused = stack.husk("kernel", "update", "changed", "--allow-sdist")
    assert (refused.returncode, "container" in refused.stderr) == (1, True)


def test_a_start_shows_what_building_says_and_ends_when_somebody_stops_it(
    stack: Stack, tmp_path: Path
) -> None:
    stack.json("kernel", "create", "built", "--packages", "left")
    said = tmp_path / "said"
    with said.open("wb") as file:
        command = [*HUSK, "kernel", "start", "built"]
        process = subprocess.Popen(command, env=stack.environ, stdin=subprocess.DEVNULL, stderr=file)
    try:
        wait_until(lambda: "+ left==1.0" in said.read_text(), 60, "it is built")
        # Its base set is empty: the kernel itself does not come up, which is not what this is about.
        stack.json("kernel", "stop", "built")
        assert process.wait(10) == 1
    finally:
        process.kill()
    assert said.read_text().startswith("building its environment\n")
    assert said.read_text().endswith("kernel built was stopped meanwhile\n")
    assert stack.json("kernel", "show", "built")["build_line"] is None
