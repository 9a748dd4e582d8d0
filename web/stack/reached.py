"""Where the stack of a data folder is reached, and with which token. Needs nothing of the control plane."""

from __future__ import annotations

from pathlib import Path

from broker_config.settings import Settings

FILE = "admin.token"


def token_file(settings: Settings) -> Path:
    """For this system user alone; ``admin`` writes it."""
    return settings.data_dir / FILE


def base_url(settings: Settings) -> str:
    """The API's address on this machine."""
    host = "127.0.0.1" if settings.web_host in {"0.0.0.0", "::", "127.0.0.1"} else settings.web_host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web_port}"
