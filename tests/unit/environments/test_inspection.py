"""What an environment may not hold, and that nothing of it runs while it is looked at and compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.environments import bytecode, runner_code
from tasks.environments.inspection import Skeleton, Unfit, inspect, skeleton

MB = 1_000_000
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """A virtualenv as it is before anything is installed."""
    made = tmp_path / "environments" / "env"
    (made / SITE).mkdir(parents=True)
    (made / "bin").mkdir()
    (made / "bin/python").symlink_to(sys.executable)
    (made / "lib64").symlink_to("lib")
    (made / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return made


@pytest.fixture
def before(env: Path) -> Skeleton:
    """The same as noted."""
    return skeleton(env)


def install(env: Path) -> None:
    """What a good package brings."""
    (env / SITE / "good").mkdir()
    (env / SITE / "good/__init__.py").write_text("X = 1\n")
    (env / SITE / "good/link").symlink_to("__init__.py")
    (env / SITE / "good.pth").write_text("# a comment\n\ngood\n./good\nimport sys; sys.stdout\n")
    (env / "bin/good").write_text("#!/bin/sh\n")
    (env / "share").mkdir()


def test_an_environment_that_keeps_to_itself_is_taken(env: Path, before: Skeleton) -> None:
    install(env)
    inspect(env, before, MB)


def _put_fifo(env: Path) -> None:
    os.mkfifo(env / SITE / "pipe")


def _replace_python(env: Path) -> None:
    (env / "bin/python").unlink()
    (env / "bin/python").write_text("#!/bin/sh\n")


def _turn_python(env: Path) -> None:
    (env / "bin/python").unlink()
    (env / "bin/python").symlink_to("/bin/sh")


def _link_config(env: Path) -> None:
    (env / "pyvenv.cfg").rename(env / "x")
    (env / "pyvenv.cfg").symlink_to("x")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link out": (lambda env: (env / SITE / "x").symlink_to("/etc"), "leads out"),
    "a link out by steps": (lambda env: (env / SITE / "x").symlink_to("../../../.."), "leads out"),
    "a broken link out": (lambda env: (env / SITE / "x").symlink_to("/nowhere/x"), "leads out"),
    "a path file out": (lambda env: (env / SITE / "x.pth").write_text("/root\n"), "leads out"),
    "a path file out by steps": (lambda env: (env / SITE / "x.pth").write_text("../../../..\n"), "leads out"),
    "a path file with NUL": (lambda env: (env / SITE / "x.pth").write_text("good\x00\n"), "leads out"),
    "a huge path file": (lambda env: (env / SITE / "x.pth").write_text("#" * 2_000_000), "larger than"),
    "a pipe": (_put_fifo, "no file"),
    "a program of another user": (
        lambda env: (env / "bin/x").touch(0o755) or (env / "bin/x").chmod(0o4755),
        "else",
    ),
    "another configuration": (lambda env: (env / "pyvenv.cfg").write_text("home = /x\n"), "pyvenv.cfg"),
    "no configuration": (lambda env: (env / "pyvenv.cfg").unlink(), "pyvenv.cfg"),
    "a link as configuration": (_link_config, "pyvenv.cfg"),
    "another interpreter": (_replace_python, "in the place of bin/python"),
    "an interpreter elsewhere": (_turn_python, "in the place of bin/python"),
    "a module of ours": (lambda env: (env / SITE / "kernel_worker.py").touch(), "kernel_worker"),
    "a package of ours": (lambda env: (env / SITE / "broker_config").mkdir(), "broker_config"),
    "too much": (lambda env: (env / SITE / "big").write_bytes(os.urandom(4 * MB)), "HUSK_ENVIRONMENT_MAX_GB"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_reaches_out_or_stands_in_for_its_own_files_is_refused(
    case: str, env: Path, before: Skeleton
) -> None:
    install(env)
    inspect(env, before, 3 * MB)
    BAD[case][0](env)
    with pytest.raises(Unfit, match=BAD[case][1]):
        inspect(env, before, 3 * MB)


def compile_all(env: Path, cache: Path) -> None:
    """As a build does."""
    argv = [sys.executable, "-I", "-S", bytecode.__file__, str(env / "lib"), str(cache), "2"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""


def test_modules_are_compiled_without_running_any_of_them(env: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (env / SITE / "evil.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (env / SITE / "evil.pth").write_text(f"import os; open({str(ran)!r}, 'w')\n")
    (env / SITE / "sitecustomize.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (env / SITE / "broken.py").write_text("def (\n")
    (env / SITE / "deep.py").write_text("(" * 5000 + ")" * 5000)
    (env / SITE / "tests").mkdir()
    (env / SITE / "tests/test_x.py").write_text("1\n")
    compile_all(env, tmp_path / "cache")
    assert not ran.exists()
    assert {path.name.split(".")[0] for path in env.rglob("*.pyc")} == {"evil", "sitecustomize"}
    subprocess.run(
        [str(env / "bin/python"), "-c", f"import sys; sys.path.append({str(env / SITE)!r}); import evil"],
        check=True,
        timeout=60,
    )
    assert ran.exists(), "it would have been seen"


def test_what_two_environments_have_alike_is_compiled_and_kept_once(env: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for folder in (env, other):
        (folder / SITE).mkdir(parents=True, exist_ok=True)
        (folder / SITE / "one.py").write_text("def f():\n    return 1 / 0\n")
        compile_all(folder, tmp_path / "cache")
    first, second = (next(folder.rglob("one.*.pyc")) for folder in (env, other))
    assert first.samefile(second)
    # What was compiled elsewhere still says where its source is.
    told = f"import sys; sys.path[:0] = [{str(other / SITE)!r}]; import one; print(one.__cached__); one.f()"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == str(second)
    assert f'File "{other / SITE / "one.py"}", line 2' in done.stderr


def test_bytecode_is_taken_as_it_is_whatever_time_the_source_has(env: Path, tmp_path: Path) -> None:
    (env / SITE / "one.py").write_text("X = 1\n")
    compile_all(env, tmp_path / "cache")
    (env / SITE / "one.py").write_text("X = 2\n")
    told = f"import sys; sys.path[:0] = [{str(env / SITE)!r}]; import one; print(one.X)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1\n"


def test_the_runners_code_comes_behind_the_packages_and_brings_nothing_else(env: Path) -> None:
    runner_code.lay(env.parent)
    runner_code.bring(env / SITE)
    names = ("tasks", "web", "celery", "kernel_worker.agent", "broker_config.settings")
    told = (
        f"import site, sys; site.addsitedir({str(env / SITE)!r})\n"
        "import kernel_worker.runner, broker_config.wire\n"
        "from importlib.util import find_spec\n"
        f"print([name for name in {names} if find_spec(name)])"
    )
    argv = [sys.executable, "-I", "-S", "-c", told]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_links_to_the_runners_code_are_mended_where_they_lead_elsewhere(tmp_path: Path) -> None:
    runner_code.lay(tmp_path)
    link = tmp_path / runner_code.FOLDER / "kernel_worker/runner"
    right = link.readlink()
    link.unlink()
    link.symlink_to("/nowhere")
    runner_code.lay(tmp_path)
    assert link.readlink() == right
    assert len(list(link.parent.iterdir())) == 2
