"""Kernels' spools: one named volume each, which outlives its containers and goes with its kernel.

Where the host allows it a spool is a file system of its own (``spool_images``), and its volume says how to
mount that; elsewhere it is a folder of the engine's, bounded by a watch. One that is there stays as it is.
"""

from __future__ import annotations

from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import Conflict, KernelStartFailed, NotFound, Unavailable
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import INSTANCE, KERNEL, instance_id, volume_name
from tasks.runtimes.spool_images import OPTIONS, SpoolImages, why_not

MEASURE_S = 120.0
"""The engine walks through all that it keeps."""
EXT4 = "ext4"


class Spools:
    """``engine`` is the runtime's; measuring has a client of its own, with more patience."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._instance = instance_id(settings)
        self._measures = Engine(settings, MEASURE_S)
        self.images = SpoolImages(settings)
        self._why_not: str | None = None

    def why_watched(self) -> str:
        """Why new spools are folders with a watch; "" when they are file systems. Raises ``Unavailable``.

        Raises:
            KernelStartFailed: file systems are asked for, and cannot be.
        """
        if self._why_not is None:
            with self._engine.asked("spool") as client:
                self._why_not = watched(self._settings, client.info())
        if self._why_not and self._settings.kernel_disk == "image":
            raise KernelStartFailed(f"HUSK_KERNEL_DISK is image, but {self._why_not}")
        return self._why_not

    def make(self, uid: str) -> None:
        """Make it, or leave it as it is, ready to be mounted.

        Raises:
            Unavailable, KernelStartFailed
        """
        volume = self._volume(uid)
        if volume is None and self.why_watched():
            self._create(uid, {})
        elif volume is None or _is_image(volume):
            self._make_image(uid, volume)

    def mounted(self, uid: str) -> None:
        """Its container runs: the file system's device goes as soon as the container does."""
        if self.images.path(uid).exists():
            self.images.let_go(uid)

    def there(self, uid: str) -> bool:
        """Whether it was made. Raises ``Unavailable``."""
        return self._volume(uid) is not None

    def remove(self, uid: str) -> None:
        """Remove it with all that is in it. Raises ``Unavailable``: something uses it."""
        try:
            with self._engine.asked("spool") as client:
                client.remove_volume(volume_name(uid))
        except NotFound:
            pass
        except (Conflict, KernelStartFailed) as error:
            raise Unavailable(f"the kernel's spool cannot be removed: {error.message}") from None
        if self.images.path(uid).exists():
            self.images.remove(uid)

    def sizes(self) -> dict[str, int]:
        """Bytes by kernel whose spool is watched, measured by the engine, which a kernel cannot deceive.

        Raises:
            Unavailable: the engine did not measure them in time.
        """
        with self._measures.asked("sizes of spools") as client:
            volumes = client.df().get("Volumes") or []
        mine = [one for one in volumes if self._is_spool(one.get("Labels") or {}) and not _is_image(one)]
        return {one["Labels"][KERNEL]: int((one.get("UsageData") or {}).get("Size", 0)) for one in mine}

    def _make_image(self, uid: str, volume: dict[str, Any] | None) -> None:
        """A volume keeps the device that it was made with, the file gets another: it is no more than that."""
        if volume is None:
            self.images.make(uid)
        device = self.images.attach(uid)
        if volume is not None and (volume.get("Options") or {}).get("device") == device:
            return
        if volume is not None:
            with self._engine.asked("spool") as client:
                client.remove_volume(volume_name(uid))
        self._create(uid, {"type": EXT4, "device": device, "o": OPTIONS})

    def _create(self, uid: str, options: dict[str, str]) -> None:
        labels = {KERNEL: uid, INSTANCE: self._instance}
        with self._engine.asked("spool") as client:
            client.create_volume(volume_name(uid), "local", options or None, labels)

    def _volume(self, uid: str) -> dict[str, Any] | None:
        try:
            with self._engine.asked("spool") as client:
                found: dict[str, Any] = client.inspect_volume(volume_name(uid))
        except NotFound:
            return None
        return found

    def _is_spool(self, labels: dict[str, str]) -> bool:
        return KERNEL in labels and labels.get(INSTANCE) == self._instance


def watched(settings: Settings, info: dict[str, Any]) -> str:
    """Why new spools are watched; "" when they are file systems. ``info``: of the engine about itself."""
    if settings.kernel_disk == "watch":
        return "HUSK_KERNEL_DISK says so"
    return why_not(str(info.get("DockerRootDir") or ""))


def _is_image(volume: dict[str, Any]) -> bool:
    return (volume.get("Options") or {}).get("type") == EXT4
