"""Environments of process kernels by the real uv, from an index of our own: good, bad, broken off."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed
from tasks.environments import cache, process_build
from tasks.environments.locks import Lock, Pin
from tasks.environments.workplace import PREFIX
from tests.integration.package_index import LINK, PYTHON, Index, lock_of, serving
from tests.waiting import wait_until

TOP = Path(__file__).parents[2]
MB = 1_000_000


@pytest.fixture
def index() -> Iterator[Index]:
    """An empty index."""
    with serving() as serves:
        yield serves


def building(settings: Settings, lock: Lock, cancelled: threading.Event | None = None) -> list[str]:
    """Build; the lines that were told."""
    lines: list[str] = []
    process_build.build(settings, lock, lines.append, cancelled or threading.Event())
    return lines


def failing(settings: Settings, lock: Lock, cancelled: threading.Event | None = None) -> EnvironmentFailed:
    """Build what cannot be built; the error. Nothing of it is left, and nothing of ours is told."""
    with pytest.raises(EnvironmentFailed) as caught:
        building(settings, lock, cancelled)
    assert not process_build.has(settings, lock.digest)
    assert leftovers(settings) == []
    told = "\n".join([caught.value.message, *caught.value.lines])
    assert str(settings.data_dir) not in told
    assert "Traceback" not in told
    return caught.value


def leftovers(settings: Settings) -> list[str]:
    """What stands beside environments that are whole."""
    folder = settings.environments_dir
    return [
        path.name for path in folder.iterdir() if path.name not in (*process_build.sizes(settings), ".runner")
    ]


def asking(settings: Settings, lock: Lock, code: str) -> Any:
    """What ``code`` prints as JSON in the environment, as a runner is started."""
    argv = [process_build.python_of(settings, lock.digest), "-P", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, cwd="/", env={})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


WHERE = """
import json, sys, importlib.util as u, {names}
print(json.dumps([[m.__file__, getattr(m, "__version__", getattr(m, "VERSION", ""))] for m in ({names},)]))
"""


def test_an_environment_is_what_its_lock_says_with_the_runners_code_and_nothing_else(
    index: Index, tmp_path: Path
) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"), index.put("two", "2.0", requires=["one"]))
    index.put("one", "9.0")
    lines = building(settings, lock)
    assert any("one==1.0" in line for line in lines)
    assert process_build.has(settings, lock.digest)
    home = str(settings.environments_dir / lock.digest)
    found = asking(settings, lock, WHERE.format(names="one, two, kernel_worker.runner, broker_config.wire"))
    assert [found[0][0].startswith(home), found[0][1], found[1][1]] == [True, "1.0", "2.0"]
    missing = "('celery', 'redis', 'flask', 'uv', 'pip', 'tasks', 'web')"
    told = f"import json, importlib.util as u; print(json.dumps([n for n in {missing} if u.find_spec(n)]))"
    assert asking(settings, lock, told) == []
    assert leftovers(settings) == []


def test_the_agents_own_packages_are_not_touched_by_others_of_the_same_names(
    index: Index, tmp_path: Path
) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(
        index.put("celery", "4.0", {"celery/__init__.py": "__version__ = '4.0'\n"}),
        index.put("redis", "3.0", {"redis/__init__.py": "__version__ = '3.0'\n"}),
        index.put("twin", "1.0", {"json.py": "raise SystemExit('not this one')\n", "uuid.py": "1 / 0\n"}),
    )
    ours = "import celery, redis, json; print(json.dumps([celery.__version__, redis.__version__]))"
    before = subprocess.check_output([sys.executable, "-I", "-c", ours])
    building(settings, lock)
    found = asking(settings, lock, WHERE.format(names="celery, redis, uuid, kernel_worker.runner"))
    assert [found[0][1], found[1][1]] == ["4.0", "3.0"]
    assert str(settings.environments_dir) not in found[2][0], "Python's own uuid comes first"
    assert subprocess.check_output([sys.executable, "-I", "-c", ours]) == before


def test_what_is_there_is_not_built_again(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    building(settings, lock)
    index.trouble[""] = "500"
    assert building(settings, lock) == []
    assert process_build.sizes(settings).keys() == {lock.digest}


def test_two_builds_of_one_lock_at_once_make_one(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    index.pace_s = 0.05
    threads = [threading.Thread(target=building, args=(settings, lock)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert process_build.has(settings, lock.digest)
    assert leftovers(settings) == []


def test_environments_share_the_files_of_the_same_packages(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    one, two = index.put("one", "1.0"), index.put("two", "1.0")
    locks = [lock_of(one), lock_of(one, two)]
    for lock in locks:
        building(settings, lock)
    for name in ("one.py", "one.*.pyc"):
        first, second = (next((settings.environments_dir / lock.digest).rglob(name)) for lock in locks)
        assert first.samefile(second)


def test_an_environment_is_removed_as_a_whole_and_can_be_built_again_without_the_index(
    index: Index, tmp_path: Path
) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    building(settings, lock)
    process_build.remove(settings, lock.digest)
    process_build.remove(settings, lock.digest)
    assert process_build.sizes(settings) == {}
    assert leftovers(settings) == []
    asked = len([path for path in index.asked if path.endswith(".whl")])
    building(settings, lock)
    assert len([path for path in index.asked if path.endswith(".whl")]) == asked


def test_what_was_fetched_is_bounded_and_environments_keep_their_files(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    locks = [
        lock_of(index.put(name, "1.0", {f"{name}.py": "", f"{name}.bin": os.urandom(MB)}))
        for name in ("a", "b")
    ]
    for lock in locks:
        building(settings, lock)
    process_build.remove(settings, locks[0].digest)
    assert cache.size(settings.uv_cache) > MB
    small = settings.model_copy(update={"environment_max_gb": 0.0001})
    cache.bound(small.model_copy(update={"uv_cache_dir": str(settings.uv_cache)}))
    assert cache.size(settings.uv_cache) > MB, "it is somebody's own"
    building(settings, locks[0])
    process_build.remove(small, locks[0].digest)
    assert cache.size(settings.uv_cache) < MB
    assert asking(settings, locks[1], WHERE.format(names="b"))
    building(settings, locks[0])


def test_one_whose_python_is_gone_is_built_again(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    building(settings, lock)
    python = settings.environments_dir / lock.digest / "bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert not process_build.has(settings, lock.digest)
    building(settings, lock)
    assert process_build.has(settings, lock.digest)
    assert leftovers(settings) == []


def test_the_data_folder_can_be_moved(index: Index, tmp_path: Path) -> None:
    lock = lock_of(index.put("one", "1.0"))
    building(index.settings(tmp_path / "old"), lock)
    (tmp_path / "old").rename(tmp_path / "new")
    settings = index.settings(tmp_path / "new")
    found = asking(settings, lock, WHERE.format(names="one, kernel_worker.runner"))
    assert all(str(tmp_path / "new") in place for place, _version in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_kernels_users_read_an_environment_and_cannot_change_it(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    before = os.umask(0o077)
    try:
        building(settings, lock)
    finally:
        os.umask(before)
    for folder in (settings.environments_dir, settings.environments_dir / lock.digest):
        assert folder.stat().st_mode & 0o005 & 0o001
    for path in (settings.environments_dir / lock.digest).rglob("*"):
        mode = path.lstat().st_mode
        assert path.is_symlink() or mode & 0o004, path
        assert path.is_symlink() or not mode & 0o022, path
    assert settings.uv_cache.stat().st_mode & 0o077 == 0


def test_a_file_that_is_not_what_was_locked_is_not_installed(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    pin = index.put("one", "1.0")
    index.projects["one"].clear()
    index.put("one", "1.0", {"one.py": "EVIL = 1\n"})
    # The page tells the old hash of the new file, or the new hash.
    for told in (pin.hashes[0], index.projects["one"][0].told):
        index.projects["one"][0].told = told
        error = failing(settings, lock_of(pin))
        assert "hash" in error.message.lower()
    building(settings, lock_of(Pin("one", "1.0", (index.projects["one"][0].told,))))


def test_a_file_that_is_no_longer_there_is_told(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    error = failing(settings, lock_of(Pin("gone", "1.0", ("0" * 64,))))
    assert "gone was not found in the package registry" in error.message


def test_sources_are_not_built(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    pin = index.put_file("source", "1.0", "source-1.0.tar.gz", b"never opened")
    error = failing(settings, lock_of(pin))
    assert "source" in error.message
    assert not [path for path in index.asked if path.endswith(".tar.gz")]


TROUBLES = {
    "hangs at a page": ({"/simple/one/": "hang"}, "longer than 3 s"),
    "hangs at a file": ({".whl": "hang"}, "longer than 3 s"),
    "dies in the middle of a file": ({".whl": "cut"}, "does not answer as it should"),
    "fails": ({".whl": "503"}, "does not answer as it should"),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_an_index_in_trouble_leaves_nothing_and_the_next_build_succeeds(
    case: str, index: Index, tmp_path: Path
) -> None:
    trouble, words = TROUBLES[case]
    lock = lock_of(index.put("one", "1.0", {"one.py": os.urandom(200_000).hex()}))
    index.trouble.update(trouble)
    seconds = 3.0 if "hangs" in case else 60.0
    assert words in failing(index.settings(tmp_path, build_timeout_s=seconds), lock).message
    index.trouble.clear()
    building(index.settings(tmp_path), lock)


def test_a_stop_ends_a_build_at_once(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path)
    lock = lock_of(index.put("one", "1.0"))
    index.trouble[".whl"] = "hang"
    cancelled = threading.Event()
    ended: list[EnvironmentFailed] = []
    thread = threading.Thread(target=lambda: ended.append(failing(settings, lock, cancelled)))
    thread.start()
    wait_until(lambda: any(path.endswith(".whl") for path in index.asked), what="the download")
    cancelled.set()
    thread.join(10)
    assert "was stopped" in ended[0].message


EVIL = {
    "a link that leads out": (
        {"evil/__init__.py": "", "evil/out": "/etc/passwd"},
        {"evil/out": LINK},
        None,
    ),
    "a path file that leads out": ({"evil.pth": "/root\n"}, {}, "leads out of the environment"),
    "a path file that steps out": ({"evil.pth": "../../../../..\n"}, {}, "leads out of the environment"),
    "a name that steps out": ({"../../../../../../stepped.py": "1"}, {}, None),
    "data that step out": ({"evil-1.0.data/data/../../../stepped.py": "1"}, {}, None),
    "another interpreter": ({"evil-1.0.data/scripts/python": "#!/bin/sh\n"}, {}, "python"),
    "another interpreter as data": ({"evil-1.0.data/data/bin/python": "#!/bin/sh\n"}, {}, "python"),
    "another configuration": ({"evil-1.0.data/data/pyvenv.cfg": "home = /tmp\n"}, {}, "pyvenv.cfg"),
    "a program of another user": ({"evil-1.0.data/scripts/x": "#!/bin/sh\n"}, {"x": 0o104755 << 16}, None),
    "a module of ours": ({"kernel_worker/__init__.py": ""}, {}, "kernel_worker"),
}


@pytest.mark.parametrize("case", EVIL)
def test_a_wheel_that_reaches_out_is_refused_or_kept_in(case: str, index: Index, tmp_path: Path) -> None:
    files, modes, words = EVIL[case]
    settings = index.settings(tmp_path / "data")
    lock = lock_of(index.put("evil", "1.0", files, modes=modes))
    if words is not None:
        assert words in failing(settings, lock).message
        return
    # uv itself takes no harm: what is installed lies within.
    with contextlib.suppress(EnvironmentFailed):
        building(settings, lock)
    assert not list(tmp_path.rglob("stepped.py"))
    home = settings.environments_dir / lock.digest
    for path in home.rglob("*"):
        if path.is_symlink() and path.parent.name != "bin":
            assert path.resolve().is_relative_to(home)
        assert not path.lstat().st_mode & 0o6000


def test_nothing_of_a_package_runs_while_it_is_built(index: Index, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w')\n"
    settings = index.settings(tmp_path / "data")
    lock = lock_of(
        index.put(
            "evil", "1.0", {"evil.pth": f"import os; {code}", "sitecustomize.py": code, "evil.py": code}
        )
    )
    building(settings, lock)
    process_build.sizes(settings)
    assert process_build.has(settings, lock.digest)
    assert not ran.exists()
    asking(settings, lock, "print(1)")
    assert ran.exists(), "it would have been seen"


@pytest.mark.parametrize("kind", ["one file", "many files"])
def test_a_bomb_is_given_up_long_before_the_disk_is_full(kind: str, index: Index, tmp_path: Path) -> None:
    piece = bytes(5 * MB)
    files = {"bomb.bin": bytes(500 * MB)} if kind == "one file" else {f"b{n}.bin": piece for n in range(100)}
    settings = index.settings(tmp_path, environment_max_gb=0.03)
    message = failing(settings, lock_of(index.put("bomb", "1.0", files))).message
    assert "0.03 GB" in message or "File too large" in message
    # What was written until then is gone, too.
    assert cache.size(settings.uv_cache) < MB


def test_packages_that_are_too_large_together_are_not_kept(index: Index, tmp_path: Path) -> None:
    settings = index.settings(tmp_path, environment_max_gb=0.003)
    pins = [index.put(f"p{n}", "1.0", {f"p{n}.bin": os.urandom(1_500_000)}) for n in range(3)]
    assert "HUSK_ENVIRONMENT_MAX_GB" in failing(settings, lock_of(*pins)).message
    building(settings, lock_of(*pins[:1]))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False, timeout=20).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True, timeout=20)


def test_a_disk_that_is_full_is_told_and_freed_again(index: Index, small_disk: Path) -> None:
    settings = index.settings(small_disk)
    big = lock_of(index.put("big", "1.0", {"big.bin": os.urandom(6 * MB)}))
    assert "the disk is full" in failing(settings, big).message
    building(settings, lock_of(index.put("one", "1.0")))


BUILDER = """
import sys, threading
sys.path.insert(0, {top!r})
from pathlib import Path
from broker_config.settings import Settings
from tasks.environments import locks, process_build
settings = Settings(data_dir=Path({data!r}), index_url={url!r})
print("begun", flush=True)
process_build.build(settings, locks.parse(Path({lock!r}).read_text()), lambda _line: None, threading.Event())
print("done", flush=True)
"""


def test_a_builder_that_is_killed_at_any_moment_leaves_nothing_half_made(
    index: Index, tmp_path: Path
) -> None:
    pins = [index.put(f"p{n}", "1.0", {f"p{n}/m{m}.py": f"X = {m}\n" for m in range(40)}) for n in range(8)]
    lock = lock_of(*pins)
    (tmp_path / "lock").write_text(lock.text)
    seed = random.randrange(2**32)
    drawn = random.Random(seed)
    whole = 0
    for at in range(8):
        data = tmp_path / f"data{at % 2}"
        settings = index.settings(data)
        code = BUILDER.format(top=str(TOP), data=str(data), url=index.url, lock=str(tmp_path / "lock"))
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as builder:
            assert builder.stdout is not None
            assert builder.stdout.readline() == "begun\n"
            threading.Event().wait(drawn.uniform(0, 0.6))
            builder.send_signal(signal.SIGKILL)
        if process_build.has(settings, lock.digest):
            whole += 1
            found = asking(settings, lock, WHERE.format(names=", ".join(f"p{n}.m39" for n in range(8))))
            assert len(found) == 8, f"seed {seed}"
            process_build.remove(settings, lock.digest)
    for at in range(2):
        settings = index.settings(tmp_path / f"data{at}")
        building(settings, lock)
        assert leftovers(settings) == [], f"seed {seed}"
        assert not list(settings.environments_dir.glob(f"{PREFIX}*"))
        assert not list(settings.uv_cache.glob(".tmp*"))


def test_a_lock_builds_the_same_files_on_another_machine(index: Index, tmp_path: Path) -> None:
    lock = lock_of(index.put("one", "1.0"), index.put("two", "1.0"))
    trees = []
    for name in ("here", "there"):
        settings = index.settings(tmp_path / name)
        building(settings, lock)
        home = settings.environments_dir / lock.digest / f"lib/python{PYTHON}/site-packages"
        files = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        trees.append({str(path.relative_to(home)): path.read_bytes() for path in files})
    assert trees[0] == trees[1]
