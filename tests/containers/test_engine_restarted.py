"""The engine itself is killed under a running cell and started again, with and without live restore."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from broker_config.settings import Settings
from tasks.runtimes.images import Image
from tests.containers.docker_stack import DockerStack
from tests.containers.second_engine import SecondEngine
from tests.requirements import require
from tests.waiting import wait_until

LONG = "import time\nfor number in range(12):\n    time.sleep(1)\nprint('went on')"


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, image: Image) -> Iterator[SecondEngine]:
    """An engine that has the kernels' image."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("ip") is None:
        require("second engine", "a second Docker Engine needs root, dockerd and ip")
    made = SecondEngine(tmp_path_factory.mktemp("second"))
    try:
        made.start()
        made.copy(image.tag)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def there(
    tmp_path_factory: pytest.TempPathFactory, second: SecondEngine, engine_settings: Settings
) -> Iterator[DockerStack]:
    """A stack whose kernels are on the second engine."""
    folder = tmp_path_factory.mktemp("there")
    made = DockerStack(folder, second.client, engine_settings.kernel_image, str(second.socket))
    made.up()
    try:
        yield made
    finally:
        second.revive()
        made.close()


def running_cell(there: DockerStack) -> tuple[str, str]:
    """A new kernel with a variable and a file, and a cell that runs on it."""
    uid = there.ready()
    there.said(uid, "x = 41; open('kept.txt', 'w').write('kept')")
    cell = there.husk.executions.submit(uid, LONG)["id"]
    wait_until(lambda: there.husk.executions.get(cell)["status"] == "running", 20, "it runs")
    return uid, cell


def told_to_be_away(there: DockerStack) -> bool:
    """Whether every page says that no engine answers."""
    return "no Docker Engine answers" in str(there.runtime()["banner"])


def test_with_live_restore_the_cell_goes_on_in_the_same_container(
    there: DockerStack, second: SecondEngine
) -> None:
    uid, cell = running_cell(there)
    before = there.container(uid).id
    second.kill()
    wait_until(lambda: told_to_be_away(there), 30, "it is told")
    assert there.state(uid) in {"ready", "executing"}
    second.start(live_restore=True)
    ended = there.ended(cell)
    assert (ended["status"], ended["stdout"]) == ("succeeded", "went on\n")
    wait_until(lambda: there.runtime()["banner"] is None, 30, "it is not told any more")
    assert there.said(uid, "print(x)") == "41"
    assert there.container(uid).id == before
    there.husk.kernels.delete(uid)
    wait_until(lambda: not there.containers_of(uid), 40, "a delete works as ever")


def test_without_it_the_kernel_has_ended_says_so_and_starts_again_with_its_files(
    there: DockerStack, second: SecondEngine
) -> None:
    uid, cell = running_cell(there)
    second.kill()
    wait_until(lambda: told_to_be_away(there), 30, "it is told")
    assert there.state(uid) in {"ready", "executing"}
    second.start()
    error = str(there.until(uid, "error", 60)["error"])
    assert "was stopped from outside" in error
    assert "its variables are gone" in error
    ended = there.ended(cell)
    assert (ended["status"], ended["error"]["type"]) == ("failed", "KernelStopped")
    assert (
        "stopped from outside while this cell ran, not by anybody through Husk" in ended["error"]["message"]
    )
    there.husk.kernels.start(uid)
    there.until(uid, "ready")
    assert there.said(uid, "print(open('kept.txt').read(), 'x' in globals())") == "kept False"
    assert len(there.containers_of(uid)) == 1
