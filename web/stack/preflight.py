"""What has to hold before anything is started: one clear sentence if it does not."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from broker_config.settings import Settings, load_settings, require_secrets
from broker_config.wire.errors import BadSettings, Conflict
from web.stack import objects, ports, records, redis_server, secret_file

LEAST_DISK_BYTES = 500_000_000
LOCK = "up.lock"


def run_folder(settings: Settings) -> Path:
    """Folder of the processes' records."""
    return settings.data_dir.resolve() / "run"


def log_folder(settings: Settings) -> Path:
    """Folder of the stack's log."""
    return settings.data_dir.resolve() / "logs"


def prepare(settings: Settings) -> Settings:
    """Folders and secrets; returns the settings with the secrets in them.

    Raises:
        BadSettings: the folder cannot be written, a setting does not fit; says what to do.
    """
    if settings.mode != "embedded":
        raise BadSettings("husk up runs the embedded stack: HUSK_MODE=deployed has its own way to start")
    try:
        _make_folders(settings)
        secret_file.ensure(settings)
    except OSError as error:
        raise BadSettings(
            f"the data folder {settings.data_dir} cannot be written ({error.strerror}): "
            "set HUSK_DATA_DIR to one that can"
        ) from None
    full = load_settings()
    require_secrets(full)
    _check_redis_url(full)
    return full


def _make_folders(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Kernels' users go through it to their own folders, and list nothing.
    settings.data_dir.chmod(0o711)
    for folder in (run_folder(settings), log_folder(settings)):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    # The database file is made by its driver, which would let everybody read it.
    database = settings.data_dir / "husk.db"
    if not settings.database_url and not database.exists():
        os.close(os.open(database, os.O_CREAT | os.O_WRONLY, 0o600))


def _check_redis_url(settings: Settings) -> None:
    secret = redis_server.password(settings.embedded_redis_url)
    if settings.embedded_redis_url != secret_file.redis_url(settings.redis_port, secret):
        raise BadSettings(
            "HUSK_REDIS_URL is set, but husk up runs its own Redis: unset it, or use HUSK_REDIS_PORT"
        )


def lock(settings: Settings) -> int:
    """Take the folder for this process; an open descriptor, to be kept.

    Raises:
        Conflict: another ``husk up`` has it.
    """
    run = run_folder(settings)
    held = os.open(run / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        owner = records.read(run / f"{records.OWNER}.json")
        pid = f" (pid {owner.keeper.pid})" if owner else ""
        raise Conflict(
            f"Husk runs already in {settings.data_dir}{pid}: see `husk status`, or end it by `husk down`"
        ) from None
    return held


def check(settings: Settings) -> None:
    """Servers, disk and ports. Call it when what an earlier start left is ended.

    Raises:
        BadSettings: something is missing or taken; says what to do.
    """
    redis_server.binary()
    objects.command(settings)
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_DISK_BYTES:
        raise BadSettings(
            f"only {free / 1e6:.0f} MB are free in {settings.data_dir}: "
            f"free {LEAST_DISK_BYTES / 1e6:.0f} MB, or set HUSK_DATA_DIR to another disk"
        )
    wanted = ports.wanted(settings)
    troubles = filter(None, (ports.twice(wanted), *map(ports.trouble, wanted)))
    for sentence in troubles:
        raise BadSettings(sentence)
