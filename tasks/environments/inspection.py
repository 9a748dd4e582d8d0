"""Look at an environment that was just installed: it stays within its folder, and its own files are its own.

Nothing of it runs for that. What packages do once a kernel imports them is the kernel's own affair.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("kernel_worker", "broker_config")
LONGEST_PTH = 1_000_000


class Unfit(Exception):
    """A sentence about what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a virtualenv has before anything is installed; nothing of it may change."""

    config: bytes
    links: dict[str, str]


def skeleton(env: Path) -> Skeleton:
    """Of a new virtualenv. Raises ``OSError``."""
    links = {
        _name(entry.path, env): str(Path(entry).readlink())
        for entry in _everything(env)
        if entry.is_symlink()
    }
    return Skeleton((env / "pyvenv.cfg").read_bytes(), links)


def inspect(env: Path, before: Skeleton, max_bytes: int) -> None:
    """Raise ``Unfit`` unless the environment is as it should be."""
    if _config(env) != before.config:
        raise Unfit("a package changes pyvenv.cfg, which is the environment's own")
    for name, target in before.links.items():
        if not (env / name).is_symlink() or str((env / name).readlink()) != target:
            raise Unfit(f"a package puts something in the place of {name}, which is the environment's own")
    size = 0
    for entry in _everything(env):
        found = entry.stat(follow_symlinks=False)
        size += found.st_blocks * 512
        if not _is_plain(found.st_mode) and _name(entry.path, env) not in before.links:
            _check(Path(entry), _name(entry.path, env), found.st_mode, env)
    if size > max_bytes:
        raise Unfit(
            f"the packages take {size / 1e9:.1f} GB: HUSK_ENVIRONMENT_MAX_GB allows {max_bytes / 1e9:g} GB"
        )
    for site in site_folders(env):
        _check_site(site, env)


def _config(env: Path) -> bytes:
    path = env / "pyvenv.cfg"
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def _everything(env: Path) -> Iterator[os.DirEntry[str]]:
    """Each file, folder and link within; there are tens of thousands."""
    with os.scandir(env) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _everything(Path(entry))


def _name(path: str, env: Path) -> str:
    return Path(path).relative_to(env).as_posix()


def _is_plain(mode: int) -> bool:
    """A folder, or a file that runs as whoever runs it."""
    return stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and not mode & (stat.S_ISUID | stat.S_ISGID))


def _check(path: Path, name: str, mode: int, env: Path) -> None:
    if stat.S_ISREG(mode):
        raise Unfit(f"a package holds a program that would run as somebody else: {name[:200]!a}")
    if not stat.S_ISLNK(mode):
        raise Unfit(f"a package holds something that is no file: {name[:200]!a}")
    if not path.resolve().is_relative_to(env.resolve()):
        raise Unfit(f"a package holds a link that leads out of the environment: {name[:200]!a}")


def site_folders(env: Path) -> list[Path]:
    """Where its packages are."""
    return sorted(path for path in env.glob("lib/python3*/site-packages") if not path.is_symlink())


def _check_site(site: Path, env: Path) -> None:
    for name in OURS:
        if next(site.glob(f"{name}*"), None) is not None:
            raise Unfit(f"a package brings a module {name}, which is a name of Husk's own in a kernel")
    for path in site.glob("*.pth"):
        if path.stat().st_size > LONGEST_PTH:
            raise Unfit(f"{path.name[:200]!a} is larger than any such file has to be")
        for line in path.read_bytes().decode(errors="replace").splitlines():
            # Python runs a line that begins with `import`, in the kernel: that is code as any other.
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                _check_line(path.name, line.rstrip(), site, env)


def _check_line(name: str, line: str, site: Path, env: Path) -> None:
    if "\x00" in line or not (site / line).resolve().is_relative_to(env.resolve()):
        raise Unfit(f"{name[:200]!a} of a package leads out of the environment, to {line[:200]!a}")
