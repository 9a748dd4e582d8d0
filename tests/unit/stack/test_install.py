"""The first step of every make target, which runs on a bare machine."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from web.stack import install

SCRIPT = Path(install.__file__)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing installed."""
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(install, "TOP", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    return tmp_path


def installed(top: Path, kind: str) -> None:
    """As if ``kind`` was installed."""
    (top / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (top / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (top / ".venv" / f"husk-{kind}.stamp").write_text(install.fingerprint(kind))


def test_it_needs_nothing_but_the_standard_library() -> None:
    """``-I -S``: no site packages, as on a bare machine."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(SCRIPT)!r})"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_is_installed_is_not_installed_again(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(top, "run")
    monkeypatch.setattr(install, "install", lambda _kind: pytest.fail("installed again"))
    assert install.main("run") == 0


def test_a_changed_source_has_its_bytecode_at_the_next_start(top: Path) -> None:
    installed(top, "run")
    source = top / "web" / "one.py"
    theirs = top / "web" / "node_modules" / "two.py"
    theirs.parent.mkdir(parents=True)
    for file in (source, theirs):
        file.write_text("x = 1")
    assert install.main("run") == 0
    compiled = Path(cache_from_source(str(source)))
    before = compiled.read_bytes()
    source.write_text("x = 22")
    os.utime(source, (0, 0))
    assert install.main("run") == 0
    assert compiled.read_bytes() != before
    assert not Path(cache_from_source(str(theirs))).exists()


def test_what_cannot_be_compiled_is_left_to_whoever_loads_it(
    top: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    installed(top, "run")
    (top / "web").mkdir()
    (top / "web" / "one.py").write_text("x = (")
    assert install.main("run") == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed(top: Path, name: str) -> None:
    installed(top, "run")
    (top / name).write_text("changed")
    assert not install.is_done("run")


def test_a_venv_that_is_gone_is_made_again(top: Path) -> None:
    installed(top, "run")
    (top / ".venv" / "bin" / "python").unlink()
    assert not install.is_done("run")


def test_what_serves_tests_serves_the_stack(top: Path) -> None:
    assert set(install.RUN) - {"--no-dev"} <= set(install.TEST)
    assert install.INCLUDES["test"] == ["run", "test"]


def test_an_interpreter_that_fits_not_is_one_line(
    top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "about", lambda _python: ((3, 9), "/usr/bin/python3", "/usr"))
    assert install.main("run") == 1
    assert "needs Python 3.11 to 3.13" in capsys.readouterr().err


def test_root_takes_an_interpreter_that_all_users_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, everybodys = "/closed/python3", "/open/python3"
    monkeypatch.setattr(install, "interpreters", lambda: [closed, everybodys])
    monkeypatch.setattr(install, "about", lambda python: ((3, 12), python, python))
    monkeypatch.setattr(install, "is_open_to_all", lambda path: path.startswith("/open"))
    assert install.choose_python() == everybodys


@pytest.mark.parametrize(
    "told",
    [
        "error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://registry/simple/x/`",
        "  Caused by: error sending request for url (https://registry/x)",
        "  Caused by: dns error: failed to lookup address information",
        "ERROR: No matching distribution found for uv",
    ],
)
def test_an_unreachable_registry_is_one_clear_line(
    top: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", told)
    monkeypatch.setattr(install.subprocess, "run", lambda *_args, **_options: failed)
    with pytest.raises(install.CannotInstall, match="registry cannot be reached") as caught:
        install.call(["uv"], "installing packages")
    assert "\n" not in str(caught.value)


def test_another_failure_is_told_in_its_own_words(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 2, "", "error: the lock is not for this project\n")
    monkeypatch.setattr(install.subprocess, "run", lambda *_args, **_options: failed)
    with pytest.raises(install.CannotInstall, match="the lock is not for this project"):
        install.call(["uv"], "installing packages")
