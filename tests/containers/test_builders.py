"""Environments of containers: filled by a builder without rights, whole or not there, whatever is wrong."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from broker_config.wire.errors import EnvironmentFailed, ImageMissing, ResolutionFailed
from tasks.environments.locks import Lock
from tasks.environments.question import Wanted
from tasks.runtimes import images
from tasks.runtimes.networks import BUILDERS
from tests.containers.builders import Site, site
from tests.integration.package_index import LINK, lock_of, with_base_set
from tests.waiting import wait_until

TOP = Path(__file__).parents[2]
END_S = 20.0
TINY = "tiny-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def here(
    engine: docker.DockerClient, image: images.Image, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """An installation of this module."""
    repository = image.tag.rpartition(":")[0]
    with site(engine, repository, tmp_path_factory.mktemp("site"), environment_max_gb=0.2) as made:
        yield made


@pytest.fixture(autouse=True)
def calm(here: Site) -> Iterator[None]:
    """Nothing is wrong with the index at first, and nothing is half-made at the end."""
    here.index.trouble.clear()
    yield
    wait_until(here.is_clean, END_S, "nothing is half-made")


def tiny(here: Site, text: str) -> Lock:
    """A lock that there was not."""
    return lock_of(here.index.put("tiny", "1.0", {"tiny.py": f"WHO = {text!r}\n"}))


@contextmanager
def building(here: Site, lock: Lock) -> Iterator[Future[list[str]]]:
    """It is being built, and hangs at its wheel."""
    here.index.trouble[TINY] = "hang"
    before = len(here.index.asked)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(here.build, lock)
        try:
            wait_until(
                lambda: any(path.endswith(TINY) for path in here.index.asked[before:]), END_S, "it asks"
            )
            yield running
        finally:
            for container in here.builders():
                container.remove(force=True, v=True)


def test_an_environment_has_its_packages_before_the_images_and_cannot_be_changed(here: Site) -> None:
    lock = tiny(here, "first")
    said = here.build(lock)
    assert here.environments.has(lock.digest)
    assert "1 of 1 packages are to be installed, the image has the others" in said
    code, out = here.run(
        lock,
        "import sys, tiny, polars, kernel_worker.runner as runner\n"
        "print(tiny.WHO, sys.prefix, polars.__file__, runner.__file__)\n"
        "print(tiny.__cached__ and open(tiny.__cached__, 'rb').read(4) != b'')\n"
        "open('/opt/husk/environment/x', 'w')",
    )
    assert code == 1
    assert "first /opt/husk/environment /opt/husk/runner/" in out
    assert "/opt/husk/code/runner/" in out
    assert "True" in out
    assert "Read-only file system" in out


def test_even_mounted_for_writing_it_belongs_to_nobody_in_a_kernel(here: Site) -> None:
    lock = tiny(here, "owned")
    here.build(lock)
    writable = {here.volume(lock): {"bind": "/opt/husk/environment", "mode": "rw"}}
    code, out = here.run(lock, "open('/opt/husk/environment/x', 'w')", volumes=writable)
    assert (code, "Permission denied" in out) == (1, True)


def test_a_builder_as_the_engine_sees_it(here: Site) -> None:
    with building(here, tiny(here, "seen")) as running:
        found = here.builders()[0].attrs
        host = found["HostConfig"]
        assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], [], True)
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["Memory"] == host["MemorySwap"] == 2_000_000_000
        assert found["Config"]["User"] == "10003:10003"
        names = {line.partition("=")[0] for line in found["Config"]["Env"]}
        assert names <= {"PATH", "LANG"}
        bridges = list(found["NetworkSettings"]["Networks"])
        assert bridges == [here.runtime.networks.ensure(BUILDERS).name]
        assert here.index.url not in str(found)
        here.builders()[0].kill()
        with pytest.raises(EnvironmentFailed, match="ended with exit code 137"):
            running.result(END_S)


def test_a_builder_that_is_removed_is_a_failure(here: Site) -> None:
    with building(here, tiny(here, "removed")) as running:
        here.builders()[0].remove(force=True)
        with pytest.raises(EnvironmentFailed, match="was removed before it was done"):
            running.result(END_S)


def test_cancelling_ends_the_builder_at_once(here: Site) -> None:
    lock, cancelled = tiny(here, "cancelled"), threading.Event()
    here.index.trouble[TINY] = "hang"
    before = len(here.index.asked)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(here.environments.build, lock, lambda _line: None, cancelled)
        wait_until(lambda: any(path.endswith(TINY) for path in here.index.asked[before:]), END_S, "it asks")
        began = time.monotonic()
        cancelled.set()
        with pytest.raises(EnvironmentFailed, match="was stopped"):
            running.result(END_S)
    assert time.monotonic() - began < 5
    assert not here.environments.has(lock.digest)


@pytest.mark.parametrize(
    ("trouble", "why"), [("404", "404"), ("cut", "index does not answer"), ("503", "503")]
)
def test_an_index_in_trouble_is_a_sentence(here: Site, trouble: str, why: str) -> None:
    lock = tiny(here, trouble)
    here.index.trouble[TINY] = trouble
    with pytest.raises(EnvironmentFailed, match=why) as caught:
        here.build(lock)
    assert caught.value.lines
    assert "/tmp" not in caught.value.message


def test_a_hash_that_does_not_match_installs_nothing(here: Site) -> None:
    lock = tiny(here, "right")
    here.index.put("tiny", "1.0", {"tiny.py": "WHO = 'wrong'\n"})
    with pytest.raises(EnvironmentFailed, match="Hash mismatch"):
        here.build(lock)


def test_an_index_that_hangs_is_given_up_when_the_time_is_over(here: Site) -> None:
    lock = tiny(here, "hangs")
    here.index.trouble[TINY] = "hang"
    here.settings.build_timeout_s = 3.0
    try:
        with pytest.raises(EnvironmentFailed, match="took longer than 3 s"):
            here.build(lock)
    finally:
        here.settings.build_timeout_s = 600.0


def test_a_bomb_is_given_up(here: Site) -> None:
    zeros = {f"bomb{number}.bin": bytes(60_000_000) for number in range(6)}
    lock = lock_of(here.index.put("bomb", "1.0", zeros))
    with pytest.raises(EnvironmentFailed, match=r"larger than 0\.2 GB|allows 0\.2 GB|disk is full"):
        here.build(lock)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("out.pth", "/etc\n", "leads out of the environment"),
        ("kernel_worker/__init__.py", "", "a name of Husk's own"),
    ],
)
def test_what_reaches_out_is_refused(here: Site, name: str, text: str, why: str) -> None:
    lock = lock_of(here.index.put("reaches", "1.0", {name: text}))
    with pytest.raises(EnvironmentFailed, match=why):
        here.build(lock)


def test_a_link_in_a_wheel_is_none_in_an_environment(here: Site) -> None:
    lock = lock_of(here.index.put("links", "1.0", {"out": "/etc", "links.py": ""}, modes={"out": LINK}))
    here.build(lock)
    code, out = here.run(
        lock, "import links, os; print(os.path.islink(os.path.dirname(links.__file__) + '/out'))"
    )
    assert (code, out.strip()) == (0, "False")


def test_code_in_a_pth_does_not_run_while_it_is_built(here: Site) -> None:
    line = "import os; open('/opt/husk/environment/ran', 'w'); open('/tmp/ran', 'w')\n"
    lock = lock_of(here.index.put("runs", "1.0", {"runs.pth": line}))
    here.build(lock)
    code, out = here.run(lock, "import os; print(os.path.exists('/opt/husk/environment/ran'))")
    # Python complains of the line, before or after.
    assert code == 0
    assert "False" in out.splitlines()


def test_a_builder_ends_when_whoever_ordered_is_killed_and_the_next_build_goes_on(
    here: Site, tmp_path: Path
) -> None:
    lock = tiny(here, "orphan")
    here.index.trouble[TINY] = "hang"
    before = len(here.index.asked)
    text = tmp_path / "lock.txt"
    text.write_text(lock.text)
    environ = {
        **os.environ,
        "HUSK_SECRET_KEY": here.settings.secret_key.get_secret_value(),
        "HUSK_KERNEL_IMAGE": here.settings.kernel_image,
        "HUSK_INDEX_URL": here.index.url,
        "HUSK_DATA_DIR": str(tmp_path),
    }
    code = (
        "import sys, threading, pathlib\n"
        "from broker_config.settings import Settings\n"
        "from tasks.environments.locks import parse\n"
        "from tasks.runtimes.docker import DockerRuntime\n"
        "lock = parse(pathlib.Path(sys.argv[1]).read_text())\n"
        "DockerRuntime(Settings()).environments.build(lock, print, threading.Event())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(text)], cwd=TOP, env=environ) as process:
        try:
            wait_until(
                lambda: any(path.endswith(TINY) for path in here.index.asked[before:]), END_S, "it asks"
            )
        finally:
            process.send_signal(signal.SIGKILL)
    wait_until(lambda: [one.status for one in here.builders()] == ["exited"], END_S, "its builder ended")
    assert here.environments.half_made() == {lock.digest}
    here.index.trouble.clear()
    here.build(lock)
    assert here.environments.has(lock.digest)


def test_what_was_left_is_cleaned_and_what_is_whole_is_removed(here: Site) -> None:
    lock = tiny(here, "cleaned")
    here.build(lock)
    left = here.environments.volumes.make(lock.digest, "base", "sha256:past")
    assert here.environments.half_made() == {lock.digest}
    here.environments.clean(lock.digest)
    assert left not in here.volumes()
    assert here.environments.whole() >= {lock.digest}
    assert here.environments.sizes()[lock.digest] > 0
    here.environments.remove(lock.digest)
    assert not here.environments.has(lock.digest)


def test_one_that_a_container_uses_is_not_removed(here: Site) -> None:
    lock = tiny(here, "used")
    here.build(lock)
    volume = here.volume(lock)
    box = here.engine.containers.create(
        f"{here.settings.kernel_image}:base",
        volumes={volume: {"bind": "/opt/husk/environment", "mode": "ro"}},
    )
    try:
        here.environments.remove(lock.digest)
        assert here.environments.has(lock.digest)
    finally:
        box.remove()
    here.environments.remove(lock.digest)
    assert not here.environments.has(lock.digest)


def test_without_an_image_it_is_said_how_to_get_one(here: Site) -> None:
    name = here.settings.kernel_image
    here.settings.kernel_image = "husk-test-no-such-image"
    try:
        with pytest.raises(ImageMissing, match="husk image build base"):
            here.build(tiny(here, "no image"))
    finally:
        here.settings.kernel_image = name


BACKEND = """
import os, zipfile
def build_wheel(folder, settings=None, metadata=None):
    name = "sourced-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as made:
        made.writestr("sourced.py", f"BUILT_BY = {os.getuid()}\\n")
        about = "sourced-1.0.dist-info"
        made.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\\nName: sourced\\nVersion: 1.0\\n")
        made.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        made.writestr(f"{about}/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "sourced"
dynamic = ["version"]
"""


def sdist() -> bytes:
    """Sources that say what they are only to who runs them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in {"pyproject.toml": PROJECT, "backend.py": BACKEND, "PKG-INFO": ""}.items():
            about = tarfile.TarInfo(f"sourced-1.0/{name}")
            about.size = len(text.encode())
            tar.addfile(about, io.BytesIO(text.encode()))
    return packed.getvalue()


def test_sources_are_resolved_and_built_in_a_builder_alone(here: Site) -> None:
    with_base_set(here.index)
    here.index.put_file("sourced", "1.0", "sourced-1.0.tar.gz", sdist())
    lock = here.environments.resolve(Wanted(("sourced",), "base", "3.11", allow_sdist=True))
    assert lock.allow_sdist
    assert "sourced" in {pin.name for pin in lock.pins}
    here.build(lock)
    code, out = here.run(lock, "import sourced; print(sourced.BUILT_BY)")
    assert (code, out.strip()) == (0, "10003")


def test_a_question_without_an_answer_is_in_uvs_words(here: Site) -> None:
    with_base_set(here.index)
    with pytest.raises(ResolutionFailed, match="no-such-package"):
        here.environments.resolve(Wanted(("no-such-package",), "base", "3.11", allow_sdist=True))
