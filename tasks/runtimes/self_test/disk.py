"""What bounds a kernel's spool here: no file system's quota, but a watch, which needs the engine's sizes."""

from __future__ import annotations

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError, KernelStartFailed
from tasks.runtimes.self_test.verdicts import Limit, Verdict
from tasks.runtimes.spools import Spools

NAME = "disk"


def examine(spools: Spools, settings: Settings) -> Limit:
    """Ask for the sizes as the watch does; as slow as that is."""
    most = f"{settings.kernel_disk_gb:g} GB"
    try:
        spools.sizes()
    except KernelStartFailed as error:
        what = f"the engine tells no sizes of volumes, so nothing bounds a spool ({error.message})"
        return Limit(NAME, Verdict.ABSENT, what, "let the proxy before the engine pass GET /system/df")
    except HuskError as error:
        mend = "the watch asks again; see the lifecycle worker's log"
        return Limit(NAME, Verdict.UNTRIED, error.message, mend)
    how = "named files only, by Husk's watch and not by the file system: spools can be measured, and a kernel"
    return Limit(NAME, Verdict.ENFORCED, f"{how} over {most} is ended; unlinked open files are not seen")
