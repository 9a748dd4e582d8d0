"""Environments as volumes of the engine. Whole is one whose name an empty volume beside it bears as a label;
all others are half-made, and belong to a builder that runs or to nobody."""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from broker_config.wire.errors import Conflict, KernelStartFailed, NotFound, Unavailable
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import (
    BUILDER,
    BUILT,
    CACHE,
    ENVIRONMENT,
    FLAVOUR,
    IMAGE,
    INSTANCE,
    cache_name,
    environment_name,
    whole_name,
)

MEASURE_S = 120.0
DESERTED_S = 120.0
WHAT = "environments"


@dataclass(frozen=True, slots=True)
class Volume:
    """An environment. ``image``: that it was built for, by digest; it lacks what that image holds."""

    name: str
    digest: str
    flavour: str
    image: str
    whole: bool


class EnvironmentVolumes:
    """Every method raises ``Unavailable``."""

    def __init__(self, engine: Engine, instance: str) -> None:
        self._engine = engine
        self._instance = instance
        self._measures = Engine(engine.settings, MEASURE_S)

    def all(self, digest: str | None = None) -> list[Volume]:
        """Every one of this installation, or of one lock."""
        label = ENVIRONMENT if digest is None else f"{ENVIRONMENT}={digest}"
        filters: Any = {"label": [label, f"{INSTANCE}={self._instance}"]}
        with self._engine.asked(WHAT) as client:
            rows = client.volumes(filters=filters).get("Volumes") or []
        marks = {row["Labels"][BUILT] for row in rows if BUILT in row["Labels"]}
        return [_volume(row, row["Name"] in marks) for row in rows if BUILT not in row["Labels"]]

    def make(self, digest: str, flavour: str, image: str) -> str:
        """A new one, empty; its name."""
        name = environment_name(self._instance, digest, secrets.token_hex(4))
        labels = {ENVIRONMENT: digest, INSTANCE: self._instance, FLAVOUR: flavour, IMAGE: image}
        with self._engine.asked(WHAT) as client:
            client.create_volume(name, labels=labels)
        return name

    def make_cache(self) -> str:
        """The cache of builders; its name."""
        name = cache_name(self._instance)
        with self._engine.asked(WHAT) as client:
            client.create_volume(name, labels={INSTANCE: self._instance, CACHE: "uv"})
        return name

    def mark(self, name: str, digest: str) -> None:
        """It is whole."""
        labels = {ENVIRONMENT: digest, INSTANCE: self._instance, BUILT: name}
        with self._engine.asked(WHAT) as client:
            client.create_volume(whole_name(name), labels=labels)

    def remove(self, volume: str) -> bool:
        """Remove it; False while a container uses it: then it stays as it is."""
        if self._used(volume):
            return False
        # The mark first: what is left if we die here is half-made. And a mark alone says nothing.
        return self._remove(whole_name(volume)) and self._remove(volume)

    def sizes(self) -> dict[str, int]:
        """Bytes by digest of those that are whole."""
        used = self._used_bytes()
        sizes: dict[str, int] = {}
        for one in self.all():
            if one.whole:
                sizes[one.digest] = sizes.get(one.digest, 0) + max(0, used.get(one.name, 0))
        return sizes

    def bound_cache(self, most: int) -> None:
        """Remove the cache of builders if it holds more bytes and none uses it."""
        name = cache_name(self._instance)
        filters: Any = {"label": [CACHE, f"{INSTANCE}={self._instance}"]}
        with self._engine.asked(WHAT) as client:
            there = bool(client.volumes(filters=filters).get("Volumes"))
        if there and self._used_bytes().get(name, 0) > most:
            self._remove(name)

    def _used_bytes(self) -> dict[str, int]:
        with self._measures.asked("sizes of environments") as client:
            rows = client.df().get("Volumes") or []
        return {row["Name"]: int((row.get("UsageData") or {}).get("Size", 0)) for row in rows}

    def builders(self, digest: str | None = None) -> list[str]:
        """Ids of builders' containers, in whatever state."""
        label = BUILDER if digest is None else f"{BUILDER}={digest}"
        filters = {"label": [label, f"{INSTANCE}={self._instance}"]}
        with self._engine.asked(WHAT) as client:
            return [str(row["Id"]) for row in client.containers(all=True, filters=filters)]

    def deserted(self) -> list[str]:
        """Ids of those that ended, or never began, and that nobody has removed since."""
        filters = {"label": [BUILDER, f"{INSTANCE}={self._instance}"]}
        with self._engine.asked(WHAT) as client:
            rows = client.containers(all=True, filters=filters)
        old = time.time() - DESERTED_S
        return [str(row["Id"]) for row in rows if row["State"] != "running" and row["Created"] < old]

    def end_builder(self, container: str) -> None:
        """Remove a builder's container, running or not, with what is its own."""
        with contextlib.suppress(NotFound, Conflict), self._engine.asked("builder") as client:
            client.remove_container(container, force=True, v=True)

    def _used(self, volume: str) -> bool:
        with self._engine.asked(WHAT) as client:
            return bool(client.containers(all=True, filters={"volume": volume}))

    def _remove(self, name: str) -> bool:
        try:
            with self._engine.asked(WHAT) as client:
                client.remove_volume(name)
        except NotFound:
            return True
        except Conflict:
            return False
        except KernelStartFailed as error:
            raise Unavailable(error.message) from None
        return True


def _volume(row: dict[str, Any], whole: bool) -> Volume:
    labels = row["Labels"]
    return Volume(row["Name"], labels[ENVIRONMENT], labels.get(FLAVOUR, ""), labels.get(IMAGE, ""), whole)
