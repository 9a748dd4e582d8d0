"""``<data_dir>/stack.env``: the secrets of the embedded stack, made once."""

from __future__ import annotations

from pathlib import Path

from broker_config.settings import ENV_FILE, Settings
from broker_config.wire.names import new_token
from web.stack.private_file import write_private
from web.stack.redis_server import password

REDIS_URL = "HUSK_REDIS_URL"
DRAWN = ("HUSK_SECRET_KEY", "HUSK_S3_SECRET_KEY", "HUSK_FLOWER_REDIS_PASSWORD")


def ensure(settings: Settings) -> Path:
    """Make the file, or what it lacks (0600); what is there stays, but the Redis port follows its setting.

    Settings given in the environment win over the file, so they are not written down.

    Raises:
        OSError: the folder cannot be written.
    """
    path = settings.data_dir / ENV_FILE
    values = _read(path)
    for name in DRAWN:
        values.setdefault(name, new_token())
    values[REDIS_URL] = redis_url(settings.redis_port, password(values.get(REDIS_URL, "")) or new_token())
    text = "".join(f"{name}={value}\n" for name, value in sorted(values.items()))
    if not path.exists() or path.read_text() != text:
        write_private(path, text.encode())
    return path


def redis_url(port: int, secret: str) -> str:
    """The embedded Redis as the control plane reaches it; tokens need no quoting."""
    return f"redis://:{secret}@127.0.0.1:{port}/0"


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
