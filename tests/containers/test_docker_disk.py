"""What a kernel keeps on disk is bounded: one file at once, all of them by the watch."""

from __future__ import annotations

from tests.containers.docker_stack import DISK_GB, DockerStack

WATCHED_S = 90.0
WRITE = """
for number in range({count}):
    with open(f"big{{number}}", "wb") as file:
        for _ in range({megabytes}):
            file.write(bytes(1_000_000))
print("written")
"""


def test_one_file_over_the_bound_is_an_error_of_the_cell_and_the_kernel_goes_on(docked: DockerStack) -> None:
    uid = docked.ready()
    ended = docked.run(uid, WRITE.format(count=1, megabytes=int(DISK_GB * 1000) + 50))
    assert ended["error"]["type"] == "OSError"
    assert "File too large" in ended["error"]["message"]
    assert docked.said(uid, "import os; os.remove('big0'); print('goes on')") == "goes on"


def test_many_files_over_the_bound_end_the_kernel_which_can_be_cleaned_up(docked: DockerStack) -> None:
    uid = docked.ready()
    assert docked.said(uid, WRITE.format(count=3, megabytes=100)) == "written"
    error = str(docked.until(uid, "error", WATCHED_S)["error"])
    assert "the kernel's files came to 0.30 GB, the limit is 0.20 GB" in error
    docked.husk.kernels.start(uid)
    docked.until(uid, "ready")
    clean = "import os\nfor number in range(3): os.remove(f'big{number}')\nprint(os.listdir())"
    assert "big" not in docked.said(uid, clean)


def test_doctor_names_the_layers_the_engine_and_the_image(docked: DockerStack) -> None:
    found = {one["name"]: one for one in docked.stack.json("doctor")["checks"]}
    assert found["runtime"]["found"].startswith("containers; ")
    assert "disk quota" in found["runtime"]["found"]
    assert "Docker Engine" in found["engine"]["found"]
    assert f"image {docked.settings.kernel_image}:base (sha256:" in found["engine"]["found"]
