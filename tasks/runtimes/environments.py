"""Environments of kernels in containers: built once for a lock by a builder's container, mounted read-only.

What the flavour's image holds already is not installed again, so an environment is one of an image, too: when
the image is built anew, it is built anew at the next start.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed, HuskError, ImageMissing, ImageOutdated, Unavailable
from tasks.environments.locks import Lock
from tasks.environments.question import Wanted
from tasks.failpoints import reach
from tasks.runtimes import docker_facts, images
from tasks.runtimes.builder import Builder
from tasks.runtimes.builder_order import order_of, question_of
from tasks.runtimes.builder_profile import RESOLVES, Site, create_arguments
from tasks.runtimes.engine import Engine
from tasks.runtimes.environment_volumes import EnvironmentVolumes, Volume
from tasks.runtimes.instance import instance_id
from tasks.runtimes.networks import BUILDERS, Networks
from tasks.runtimes.profile import ENVIRONMENT

GB = 1_000_000_000
CACHED = 2
"""So many of the largest environments may be fetched and kept for others."""
PYTHON = f"{ENVIRONMENT}/bin/python"


class DockerEnvironments:
    """Making it connects to nothing. Who builds or removes holds the lock of that environment."""

    def __init__(self, engine: Engine, settings: Settings, networks: Networks) -> None:
        self._engine = engine
        self._settings = settings
        self._networks = networks
        self._instance = instance_id(settings)
        self.volumes = EnvironmentVolumes(engine, self._instance)

    def has(self, digest: str) -> bool:
        """See ``base.Environments``: one that is whole, of the image that kernels are made of now."""
        return any(one.whole and one.image == self._image_of(one.flavour) for one in self.volumes.all(digest))

    def whole(self) -> set[str]:
        """See ``base.Environments``."""
        return {one.digest for one in self.volumes.all() if one.whole}

    def sizes(self) -> dict[str, int]:
        """See ``base.Environments``: as the engine measures them, which takes it a while."""
        return self.volumes.sizes()

    def volume_for(self, digest: str, image: str) -> str:
        """The volume to mount beside this image.

        Raises:
            Unavailable: it went since somebody looked; it is built at the next try.
        """
        whole = [one.name for one in self.volumes.all(digest) if one.whole and one.image == image]
        if not whole:
            raise Unavailable(f"the environment {digest[:12]} was removed meanwhile")
        return min(whole)

    def build(self, lock: Lock, say: Callable[[str], None], cancelled: threading.Event) -> None:
        """See ``base.Environments``."""
        image = images.find(self._engine.client(), self._settings, lock.flavour)
        self.sweep(lock.digest)
        cache = None if lock.allow_sdist else self.volumes.make_cache()
        volume = self.volumes.make(lock.digest, lock.flavour, image.id)
        whole = False
        try:
            reach("build.volume")
            site = self._site(lock.digest, image.id, volume, cache)
            with self._container(site) as name:
                reach("build.container")
                order = order_of(self._settings, lock, site.cpu_cores)
                limit_s = self._settings.build_timeout_s
                Builder(self._engine, self._settings, name).run(order, say, cancelled, limit_s)
                reach("build.filled")
            self.volumes.mark(volume, lock.digest)
            whole = True
            reach("build.marked")
        finally:
            if not whole:
                with contextlib.suppress(HuskError):
                    self.volumes.remove(volume)
        self._supersede(lock.digest, volume)

    def _site(self, digest: str, image: str, volume: str | None, cache: str | None) -> Site:
        return Site(
            instance=self._instance,
            digest=digest,
            image=image,
            network=self._networks.ensure(BUILDERS).name,
            volume=volume,
            cache=cache,
            memory_bytes=int(self._settings.build_memory_gb * GB),
            cpu_cores=float(docker_facts.cores(self._engine)),
        )

    def resolve(self, wanted: Wanted) -> Lock:
        """A lock, made in a builder: packages' own code may be run to learn what they need.

        Raises:
            ResolutionFailed: there is none, in uv's own words. Unavailable: the index or the engine is away.
            KernelStartFailed: there is no image.
        """
        image = images.find(self._engine.client(), self._settings, wanted.flavour)
        order = question_of(self._settings, wanted)
        cache = None if wanted.allow_sdist else self.volumes.make_cache()
        with self._container(self._site(RESOLVES, image.id, None, cache)) as name:
            builder = Builder(self._engine, self._settings, name)
            try:
                answer = builder.run(order, _unheard, threading.Event(), self._settings.resolve_timeout_s)
            except EnvironmentFailed as error:
                raise builder.unanswered(error) from None
        return wanted.lock("\n".join([*answer, ""]))

    @contextmanager
    def _container(self, site: Site) -> Iterator[str]:
        name = f"husk-build-{site.digest[:12]}-{secrets.token_hex(4)}"
        try:
            with self._engine.asked("builder") as client:
                client.create_container_from_config(create_arguments(site), name)
            yield name
        finally:
            self.volumes.end_builder(name)

    def sweep(self, digest: str) -> None:
        """Remove what is half-made of one, and who made it."""
        for container in self.volumes.builders(digest):
            self.volumes.end_builder(container)
        for one in self.volumes.all(digest):
            if not one.whole:
                self.volumes.remove(one.name)

    def half_made(self) -> set[str]:
        """Digests of which something is half-made, or whole and of an image that is no more.

        Builders that were deserted are removed here.
        """
        for container in self.volumes.deserted():
            self.volumes.end_builder(container)
        return {one.digest for one in self.volumes.all() if not one.whole or self._is_past(one)}

    def remove(self, digest: str) -> None:
        """See ``base.Environments``."""
        self.sweep(digest)
        for one in self.volumes.all(digest):
            self.volumes.remove(one.name)

    def clean(self, digest: str) -> None:
        """Remove what ``half_made`` tells of."""
        self.sweep(digest)
        for one in self.volumes.all(digest):
            if self._is_past(one):
                self.volumes.remove(one.name)

    def bound(self) -> None:
        """See ``base.Environments``."""
        self.volumes.bound_cache(int(CACHED * self._settings.environment_max_gb * GB))

    def end_builders(self) -> None:
        """End all that is being built, with what was made of it."""
        for container in self.volumes.builders():
            self.volumes.end_builder(container)
        for one in self.volumes.all():
            if not one.whole:
                self.volumes.remove(one.name)

    def _supersede(self, digest: str, volume: str) -> None:
        with contextlib.suppress(HuskError):
            for one in self.volumes.all(digest):
                if one.name != volume:
                    self.volumes.remove(one.name)

    def _is_past(self, one: Volume) -> bool:
        image = self._image_of(one.flavour)
        return image is not None and one.image != image

    def _image_of(self, flavour: str) -> str | None:
        try:
            return images.find(self._engine.client(), self._settings, flavour).id
        except (ImageMissing, ImageOutdated):
            return None


def _unheard(_line: str) -> None:
    """Nobody follows a question."""
