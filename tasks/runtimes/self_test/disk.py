"""What bounds a kernel's spool here: that it is a file system, or a watch, which needs the engine's sizes."""

from __future__ import annotations

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError, KernelStartFailed
from tasks.runtimes.self_test.verdicts import Limit, Verdict
from tasks.runtimes.spool_images import BYTES_PER_FILE
from tasks.runtimes.spools import Spools

NAME = "disk"


def examine(spools: Spools, settings: Settings) -> Limit:
    """Try a file system, or ask for the sizes as the watch does; as slow as that is."""
    try:
        why = spools.why_watched()
        return _watched(spools, settings, why) if why else _filled(spools)
    except KernelStartFailed as error:
        return Limit(NAME, Verdict.ABSENT, error.message, "set HUSK_KERNEL_DISK to watch, or mend that")
    except HuskError as error:
        mend = "it is tried again; see the lifecycle worker's log"
        return Limit(NAME, Verdict.UNTRIED, error.message, mend)


def _filled(spools: Spools) -> Limit:
    """A small one is made, mounted here and filled."""
    most = f"{spools.images.bytes / 1e9:g} GB and {spools.images.bytes // BYTES_PER_FILE} files"
    if not spools.images.try_out():
        what = "a spool's file system took more than it has room for"
        return Limit(NAME, Verdict.ABSENT, what, "set HUSK_KERNEL_DISK to watch")
    return Limit(
        NAME, Verdict.ENFORCED, f"a spool is a file system of {most}: one was made here, and got full"
    )


def _watched(spools: Spools, settings: Settings, why: str) -> Limit:
    most = f"{settings.kernel_disk_gb:g} GB"
    try:
        spools.sizes()
    except KernelStartFailed as error:
        what = f"the engine tells no sizes of volumes, so nothing bounds a spool ({error.message})"
        return Limit(NAME, Verdict.ABSENT, what, "let the proxy before the engine pass GET /system/df")
    how = "named files only, by Husk's watch and not by the file system: spools can be measured, and a kernel"
    what = f"{how} over {most} is ended; unlinked open files are not seen, files are not counted ({why})"
    return Limit(NAME, Verdict.ENFORCED, what)
