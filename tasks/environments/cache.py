"""The folder of what uv fetched: closed to kernels' users, rid of what was broken off, bounded."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from broker_config.settings import Settings
from tasks.environments.workplace import discard

LOCK = ".lock"
"""uv holds it, shared, as long as it uses the folder."""
KEPT = frozenset({LOCK, ".gitignore", "CACHEDIR.TAG"})
MOST = 4
"""So many times what one environment may hold."""
GB = 1_000_000_000


def folder(settings: Settings) -> Path:
    """Where it is; made if it is not there. Raises ``OSError``."""
    settings.uv_cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.uv_cache


def sweep(settings: Settings) -> None:
    """Remove what a uv that was ended has not finished, unless another one is at work."""
    with _alone(settings) as alone:
        for place in settings.uv_cache.glob(".tmp*") if alone else ():
            discard(place)


def bound(settings: Settings) -> None:
    """Empty it if it holds too much, unless uv is at work. Environments keep what they have links to."""
    # Whoever names a folder may have more in it than ours.
    if settings.uv_cache_dir or size(settings.uv_cache) <= MOST * settings.environment_max_gb * GB:
        return
    with _alone(settings) as alone:
        for place in settings.uv_cache.iterdir() if alone else ():
            if place.name not in KEPT:
                discard(place)


def size(place: Path) -> int:
    """Bytes on disk of everything in a folder; what vanishes meanwhile does not count."""
    found = 0
    for inside, _folders, _files in os.walk(place):
        with contextlib.suppress(OSError):
            found += sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in os.scandir(inside))
    return found


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    try:
        held = os.open(settings.uv_cache / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(held)
