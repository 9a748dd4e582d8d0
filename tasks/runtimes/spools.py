"""Kernels' spools: one named volume each, which outlives its containers and goes with its kernel."""

from __future__ import annotations

from broker_config.settings import Settings
from broker_config.wire.errors import Conflict, KernelStartFailed, NotFound, Unavailable
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import INSTANCE, KERNEL, instance_id, volume_name

MEASURE_S = 120.0
"""The engine walks through all that it keeps."""


class Spools:
    """``engine`` is the runtime's; measuring has a client of its own, with more patience."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._instance = instance_id(settings)
        self._measures = Engine(settings, MEASURE_S)

    def make(self, uid: str) -> None:
        """Make it, or leave it as it is. Raises ``Unavailable``."""
        labels = {KERNEL: uid, INSTANCE: self._instance}
        with self._engine.asked("spool") as client:
            client.create_volume(volume_name(uid), labels=labels)

    def there(self, uid: str) -> bool:
        """Whether it was made. Raises ``Unavailable``."""
        try:
            with self._engine.asked("spool") as client:
                client.inspect_volume(volume_name(uid))
        except NotFound:
            return False
        return True

    def remove(self, uid: str) -> None:
        """Remove it with all that is in it. Raises ``Unavailable``: something uses it."""
        try:
            with self._engine.asked("spool") as client:
                client.remove_volume(volume_name(uid))
        except NotFound:
            return
        except (Conflict, KernelStartFailed) as error:
            raise Unavailable(f"the kernel's spool cannot be removed: {error.message}") from None

    def sizes(self) -> dict[str, int]:
        """Bytes by kernel, measured by the engine, which a kernel cannot deceive. Raises ``Unavailable``."""
        with self._measures.asked("sizes of spools") as client:
            volumes = client.df().get("Volumes") or []
        mine = [one for one in volumes if self._is_spool(one.get("Labels") or {})]
        return {one["Labels"][KERNEL]: int((one.get("UsageData") or {}).get("Size", 0)) for one in mine}

    def _is_spool(self, labels: dict[str, str]) -> bool:
        return KERNEL in labels and labels.get(INSTANCE) == self._instance
