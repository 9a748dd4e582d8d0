"""``husk down``: end the stack of this data folder, from another terminal or after a kill -9."""

from __future__ import annotations

import signal

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from web.stack import preflight, records
from web.stack.stopping import stop_kernels

UP_ENDS_S = 30.0


def down(settings: Settings) -> list[str]:
    """End what runs; returns its names (``up`` when ``husk up`` was there and ended in order).

    Raises:
        Unavailable: ``husk up`` was told to end and did not.
    """
    run = preflight.run_folder(settings)
    owner = records.read(run / f"{records.OWNER}.json")
    if owner is not None and owner.keeper.alive:
        owner.keeper.send(signal.SIGTERM)
        if not records.wait_gone([owner.keeper], UP_ENDS_S):
            raise Unavailable(f"husk up (pid {owner.keeper.pid}) did not end within {UP_ENDS_S:g} s")
        return [records.OWNER]
    try:
        # The doctor makes the folder too, before anything was started here.
        if settings.kernels_dir.exists() and settings.embedded_redis_url:
            stop_kernels(settings)
    finally:
        left = records.end_leftovers(run)
    return left
