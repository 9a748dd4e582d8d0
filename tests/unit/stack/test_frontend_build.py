"""When the pages are built, and with which npm; no npm runs here."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from web.stack import frontend_build, install
from web.stack.install import CannotInstall

PACKAGE = '{"engines": {"node": ">=20.19"}}'
NPM = """#!/bin/sh
echo "$@" >> "$NOTES"
[ "$1" = ci ] && mkdir -p node_modules && touch node_modules/.package-lock.json
if [ "$1" = run ]; then mkdir -p "$5"; echo built > "$5/index.html"; fi
exit ${NPM_FAILS:-0}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end's sources, and an npm on PATH that notes what it is told."""
    made = tmp_path / "frontend"
    (made / "src").mkdir(parents=True)
    (made / "package.json").write_text(PACKAGE)
    (made / "package-lock.json").write_text("{}")
    (made / "src" / "main.ts").write_text("1")
    new = made / "node_modules" / ".husk-dist"
    for name, value in {"HOME": made, "DIST": made / "dist", "NEW": new}.items():
        monkeypatch.setattr(frontend_build, name, value)
    monkeypatch.setattr("sys.argv", ["frontend_build", "--strict"])
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    put(tmp_path / "bin" / "npm", NPM)
    put(tmp_path / "bin" / "node", "#!/bin/sh\necho v20.20.2\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return made


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def notes(home: Path) -> list[str]:
    path = home.parent / "notes"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def test_it_is_built_once_and_again_when_a_source_changes(home: Path) -> None:
    assert frontend_build.main() == 0
    assert notes(home) == ["ci", "run"]
    assert (home / "dist" / "index.html").read_text() == "built\n"
    assert frontend_build.main() == 0
    assert notes(home) == ["ci", "run"]
    (home / "src" / "main.ts").write_text("2")
    assert frontend_build.main() == 0
    assert notes(home) == ["ci", "run", "run"]


def test_it_says_that_it_builds_in_one_line_and_then_how_long(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frontend_build.main()
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("building the pages")
    assert said[1].startswith("built the pages in ")
    frontend_build.main()
    assert capsys.readouterr().err == ""


def test_a_build_that_fails_leaves_the_old_pages_and_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frontend_build.main()
    (home / "src" / "main.ts").write_text("2")
    monkeypatch.setenv("NPM_FAILS", "1")
    assert frontend_build.main() == 1
    assert (home / "dist" / "index.html").read_text() == "built\n"
    assert "building the pages failed" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["frontend_build"])
    assert frontend_build.main() == 0


def test_an_npm_that_is_too_old_or_missing_is_replaced_by_the_wheels(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(frontend_build, "VENV", home.parent / "venv")
    monkeypatch.setattr(install, "own_or_found_uv", lambda: "uv")
    monkeypatch.setattr(install, "call", lambda argv, _what: asked.append(argv))
    put(home.parent / "bin" / "node", "#!/bin/sh\necho v18.19.0\n")
    assert frontend_build.find_npm() == str(home.parent / "venv" / "bin" / "npm")
    monkeypatch.setenv("PATH", "/nowhere")
    assert frontend_build.find_npm() == str(home.parent / "venv" / "bin" / "npm")
    assert [argv[-2:] for argv in asked] == [["--extra", "frontend"]] * 2


def test_without_sources_there_is_nothing_to_do(home: Path) -> None:
    (home / "package.json").unlink()
    assert frontend_build.main() == 0
    assert notes(home) == []


def test_what_npm_says_last_is_told(home: Path) -> None:
    put(home.parent / "bin" / "npm", "#!/bin/sh\necho 'no such version' >&2\nexit 1\n")
    with pytest.raises(CannotInstall, match="no such version"):
        frontend_build.build()
