"""A stand-in for uv that notes how it was called: arguments, environment, and the files in its folder."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """\
#!{python} -IS
import json, os, sys
from pathlib import Path
here = Path({folder!r})
files = {{p.name: p.read_text() for p in Path.cwd().iterdir() if p.is_file() and p.name != ".lock"}}
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], dict(os.environ), files]) + "\\n")
if sys.argv[1] == "venv":
    env = Path(next(word for word in sys.argv if word.endswith("/env")))
    (env / "bin").mkdir(parents=True)
    (env / "bin/python").symlink_to({python!r})
    (env / f"lib/python3.{{sys.version_info.minor}}/site-packages").mkdir(parents=True)
    (env / "pyvenv.cfg").write_text("home = /\\n")
step = here / f"step{{len((here / 'calls').read_text().splitlines())}}"
if step.exists():
    code, text = json.loads(step.read_text())
    sys.stderr.write(text)
    sys.exit(code)
if sys.argv[1:3] == ["pip", "compile"]:
    Path("lock.txt").write_text((here / "answer").read_text())
"""


@dataclass(frozen=True)
class Call:
    """One call of it."""

    argv: list[str]
    environ: dict[str, str]
    files: dict[str, str]


class FakeInstaller:
    """``path`` is given in uv's place. It answers a resolution with one package, unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.path = str(folder / "uv")
        Path(self.path).write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
        Path(self.path).chmod(0o755)
        (folder / "answer").write_text(f"polars==2.1.0 \\\n    --hash=sha256:{'0' * 64}\n")

    def fail(self, step: int, code: int, text: str) -> None:
        """The ``step``-th call (from 1) ends so."""
        (self._folder / f"step{step}").write_text(json.dumps([code, text]))

    def answer(self, text: str) -> None:
        """What it writes for a resolution."""
        (self._folder / "answer").write_text(text)

    @property
    def calls(self) -> list[Call]:
        """All calls so far."""
        return [Call(*json.loads(line)) for line in (self._folder / "calls").read_text().splitlines()]
