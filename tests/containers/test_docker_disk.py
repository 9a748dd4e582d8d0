"""What a kernel keeps on disk is bounded: by the file system that its spool is, or by a watch."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest

from broker_config.settings import Settings
from tasks.runtimes.images import Image
from tests.containers.attacks import in_cell
from tests.containers.docker_stack import DISK_GB, DockerStack
from tests.waiting import wait_until

WATCHED_S = 90.0
NO_ROOM = "No space left on device"
WRITE = """
for number in range({count}):
    with open(f"big{{number}}", "wb") as file:
        for _ in range({megabytes}):
            file.write(bytes(1_000_000))
print("written")
"""
MANY = """
tried["made"] = 0
try:
    while tried["made"] < 20_000:
        os.close(os.open(f"many-{tried['made']}", os.O_CREAT))
        tried["made"] += 1
except OSError as error:
    tried["end"] = error.strerror
"""
NAMELESS = """
held, piece, tried["written"] = [], bytes(1 << 20), 0
try:
    for number in range(4):
        file = open(f"nameless-{number}", "wb", buffering=0)
        os.unlink(file.name)
        held.append(file)
        for _ in range(100):
            tried["written"] += file.write(piece)
except OSError as error:
    tried["end"] = error.strerror
"""
SET_ASIDE = """
tried["set aside"] = 0
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
for number in range(4):
    file = open(f"aside-{number}", "wb")
    KEEP_SIZE = 1
    if libc.fallocate(file.fileno(), KEEP_SIZE, 0, 100_000_000):
        tried["end"] = os.strerror(ctypes.get_errno())
        break
    tried["set aside"] += 100_000_000
"""
TIDY = """
import glob, os
held = None
for name in [*glob.glob("many-*"), *glob.glob("nameless-*"), *glob.glob("aside-*"), *glob.glob("big*")]:
    os.remove(name)
with open("afterwards", "wb") as file:
    file.write(bytes(50_000_000))
os.remove("afterwards")
print("there is room again")
"""


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


@pytest.fixture(scope="module")
def watching(
    tmp_path_factory: pytest.TempPathFactory,
    engine: docker.DockerClient,
    engine_settings: Settings,
    image: Image,
) -> Iterator[DockerStack]:
    """A stack whose kernels' spools are folders of the engine's: without the control."""
    assert image.fits
    folder = tmp_path_factory.mktemp("watching")
    made = DockerStack(folder, engine, engine_settings.kernel_image, HUSK_KERNEL_DISK="watch")
    made.up()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def overfull(watching: DockerStack) -> str:
    """A kernel that has written too much from the beginning: that is seen every 20 s, in which others run."""
    uid = watching.ready()
    assert watching.said(uid, WRITE.format(count=3, megabytes=100)) == "written"
    return uid


@pytest.fixture(scope="module")
def watched(watching: DockerStack, overfull: str) -> str:
    assert overfull
    return watching.ready()


def test_one_file_over_the_bound_is_an_error_of_the_cell_and_the_kernel_goes_on(
    watching: DockerStack, watched: str
) -> None:
    ended = watching.run(watched, WRITE.format(count=1, megabytes=int(DISK_GB * 1000) + 50))
    assert ended["error"]["type"] == "OSError"
    assert "File too large" in ended["error"]["message"]
    assert watching.said(watched, "import os; os.remove('big0'); print('goes on')") == "goes on"


def test_a_flood_of_files_ends_where_the_file_system_does_and_takes_none_of_the_hosts(
    docked: DockerStack, uid: str, watching: DockerStack, watched: str
) -> None:
    before = os.statvfs(docked.stack.data_dir).f_ffree
    tried = in_cell(docked, uid, MANY)
    assert tried["end"] == NO_ROOM
    assert tried["made"] < 13_000
    assert before - os.statvfs(docked.stack.data_dir).f_ffree < 3_000
    assert docked.said(uid, TIDY) == "there is room again"
    # The control removed.
    assert in_cell(watching, watched, MANY) == {"made": 20_000}
    assert watching.said(watched, TIDY) == "there is room again"


def test_files_without_a_name_are_bounded_too(
    docked: DockerStack, uid: str, watching: DockerStack, watched: str
) -> None:
    tried = in_cell(docked, uid, NAMELESS)
    assert tried["end"] == NO_ROOM
    assert tried["written"] < DISK_GB * 1e9
    assert docked.said(uid, TIDY) == "there is room again"
    assert in_cell(watching, watched, NAMELESS) == {"written": 4 * 100 << 20}
    assert watching.said(watched, TIDY) == "there is room again"


def test_so_is_what_is_set_aside_past_a_files_end(
    docked: DockerStack, uid: str, watching: DockerStack, watched: str
) -> None:
    tried = in_cell(docked, uid, SET_ASIDE)
    assert tried["end"] == NO_ROOM
    assert tried["set aside"] < DISK_GB * 1e9
    assert docked.said(uid, TIDY) == "there is room again"
    assert in_cell(watching, watched, SET_ASIDE) == {"set aside": 400_000_000}
    assert watching.said(watched, TIDY) == "there is room again"


def test_what_is_in_a_file_system_is_there_again_after_a_stop_and_gone_with_the_kernel(
    docked: DockerStack,
) -> None:
    uid = docked.ready()
    image = docked.stack.data_dir / "spools" / f"{uid}.ext4"
    assert docked.said(uid, "print(open('kept', 'w').write('as it was'))") == "9"
    docked.husk.kernels.stop(uid)
    docked.until(uid, "stopped")
    docked.husk.kernels.start(uid)
    docked.until(uid, "ready")
    assert docked.said(uid, "print(open('kept').read())") == "as it was"
    assert image.exists()
    docked.husk.kernels.delete(uid)
    wait_until(lambda: not image.exists(), 20, "its file is gone")
    wait_until(lambda: uid not in {one["uid"] for one in docked.husk.kernels.list()}, 20, "so is its row")


def test_many_files_over_the_bound_end_a_watched_kernel_which_can_be_cleaned_up(
    watching: DockerStack, overfull: str
) -> None:
    uid = overfull
    error = str(watching.until(uid, "error", WATCHED_S)["error"])
    assert "the kernel's files came to 0.30 GB, the limit is 0.20 GB" in error
    watching.husk.kernels.start(uid)
    watching.until(uid, "ready")
    clean = "import os\nfor number in range(3): os.remove(f'big{number}')\nprint(os.listdir())"
    assert "big" not in watching.said(uid, clean)


def test_doctor_names_the_layers_the_engine_and_the_image(docked: DockerStack) -> None:
    found = {one["name"]: one for one in docked.stack.json("doctor")["checks"]}
    assert found["runtime"]["found"].startswith("containers; ")
    assert "disk quota" in found["runtime"]["found"]
    assert "Docker Engine" in found["engine"]["found"]
    assert f"image {docked.settings.kernel_image}:base (sha256:" in found["engine"]["found"]
