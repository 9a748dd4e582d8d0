"""What the runner knows of its shared folder: the version of each file, and how the file looked then."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

INDEX = ".husk-index.json"
TEMPORARY = ".husk-tmp-"
DEEPEST = 64
MOST_OWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was stored or received: version (0: not told), nanoseconds, bytes, inode.

    ``own``: sums (hex SHA-256) of what this kernel stored since that version, oldest first. The ledger
    gives them versions later: until then an older one must not come back as if it were news.
    """

    version: int
    mtime_ns: int
    size: int
    inode: int
    own: tuple[str, ...] = ()

    def fits(self, found: os.stat_result) -> bool:
        """Whether the file is unchanged since."""
        return (self.mtime_ns, self.size, self.inode) == (found.st_mtime_ns, found.st_size, found.st_ino)

    def after(self, known: Entry) -> Entry:
        """This file, in the place of ``known``."""
        return replace(self, version=known.version, own=known.own)

    def with_own(self, sha256: str) -> Entry:
        """With one more stored version of ours."""
        return replace(self, own=(*self.own, sha256)[-MOST_OWN:])

    def told(self, version: int, sha256: str) -> Entry:
        """The ledger made ``version`` of what we stored with that sum, and older ones before it."""
        later = self.own[self.own.index(sha256) + 1 :] if sha256 in self.own else self.own
        return replace(self, version=version, own=later)


def entry_of(found: os.stat_result, version: int) -> Entry:
    """An entry for a file as it is now."""
    return Entry(version, found.st_mtime_ns, found.st_size, found.st_ino)


def _entry(fields: list[Any]) -> Entry:
    version, mtime_ns, size, inode, *own = fields
    return Entry(int(version), int(mtime_ns), int(size), int(inode), tuple(map(str, own)))


class Index:
    """Entries by path below the folder; kept in a file there, so that the next runner knows them.

    User code can write that file: what cannot be read counts as empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, Entry] = {}
        self._changed = False
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
            stored = json.loads((folder / INDEX).read_bytes())
            self._entries = {str(path): _entry(fields) for path, fields in stored.items()}

    def get(self, path: str) -> Entry | None:
        """The entry of a path."""
        return self._entries.get(path)

    def put(self, path: str, entry: Entry) -> None:
        """Remember a file."""
        self._entries[path] = entry
        self._changed = True

    def below(self, path: str) -> dict[str, Entry]:
        """Entries of a file, or of all below a folder."""
        return {p: e for p, e in self._entries.items() if p == path or p.startswith(f"{path}/")}

    def save(self) -> None:
        """Write the index, by renaming. A full disk costs a second upload, nothing else."""
        if not self._changed:
            return
        data = {p: [e.version, e.mtime_ns, e.size, e.inode, *e.own] for p, e in self._entries.items()}
        temporary = self._folder / f"{TEMPORARY}index"
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(data, separators=(",", ":")))
            temporary.replace(self._folder / INDEX)
            self._changed = False


def regular_files(folder: Path, depth: int = 0) -> Iterator[tuple[str, os.stat_result]]:
    """Regular files with one name below a folder, by their relative paths. Links are not followed."""
    try:
        found = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError:
        return
    for item in found:
        try:
            status = item.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) and depth < DEEPEST:
            for path, inner in regular_files(folder / item.name, depth + 1):
                yield f"{item.name}/{path}", inner
        elif stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and not _is_ours(item.name):
            yield item.name, status


def _is_ours(name: str) -> bool:
    return name == INDEX or name.startswith(TEMPORARY)
