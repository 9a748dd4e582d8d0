"""Small artifacts that are read in a row come a few ahead, side by side: each alone costs a round trip.

In the order in which they were published, which is that of the loop that reads them, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

from broker_config.wire.errors import HuskError
from broker_config.wire.flows import Artifact
from kernel_worker.agent.addresses import Addresses
from kernel_worker.agent.around import Around
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.fetching import Origin, readable

AFTER = 3
"""Reads from the store before it is taken for a row."""
MOST_AHEAD = 64
SMALL_BYTES = 256 * 1024


class ReadAhead:
    """Of one execution; ``open`` is called by one thread."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._addresses = Addresses(around)
        self._coming: dict[int, Future[None]] = {}
        self._reads = 0
        self._places: dict[int, int] = {}

    def open(self, artifact: Artifact) -> int:
        """A descriptor that reads an artifact, which the caller closes. Raises as ``readable``."""
        coming = self._coming.pop(artifact.id, None)
        if coming is None:
            fd = self._around.content.open(artifact.sha256)
            if fd is not None:
                return fd
        self._reads += 1
        if self._reads > AFTER:
            self._fetch_after(artifact)
        if coming is not None:
            with suppress(Exception):
                coming.result()  # what is wrong with it is said below
        return readable(self._around, self._origin(artifact))

    def _fetch_after(self, artifact: Artifact) -> None:
        room = min(MOST_AHEAD, self._reads) - len(self._coming)
        if room <= 0:  # it goes on elsewhere: those that are here are here
            self._coming.pop(next(iter(self._coming)))
            room = 1
        for one in self._next(artifact, room):
            self._coming[one.id] = self._around.store.downloads.crew.submit(partial(self._fetch, one))

    def _next(self, artifact: Artifact, count: int) -> Iterator[Artifact]:
        """Up to ``count`` small ones that are not coming yet, of the ``MOST_AHEAD`` that follow it."""
        order = self._around.look().order
        if not self._places:
            self._places = {one.id: place for place, one in enumerate(order)}
        place = self._places.get(artifact.id, len(order))
        for one in order[place + 1 : place + 1 + MOST_AHEAD]:
            if count and one.size <= SMALL_BYTES and one.id not in self._coming:
                count -= 1
                yield one

    def _fetch(self, artifact: Artifact) -> None:
        with suppress(HuskError, OSError):
            os.close(readable(self._around, self._origin(artifact)))

    def _origin(self, artifact: Artifact) -> Origin:
        wanted = Wanted(artifact.size, artifact.sha256, f"artifact {artifact.name!r}")
        return Origin(wanted, lambda anew: self._addresses.of(artifact, anew), "artifact", artifact.id)
