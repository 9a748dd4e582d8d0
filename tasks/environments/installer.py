"""How uv is called: its program, its settings as variables, its words as sentences of ours.

Nothing that people wrote is an argument: it stands in files in uv's working folder. Settings, which may hold
credentials of an index, are variables, which other users of this host cannot see.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import uv

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from tasks.environments.running import Bounds, Ended

# Where Debian, Fedora, Alpine and SUSE have them; on a system without any, uv's own serve.
SYSTEM_CAS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
)
GB = 1_000_000_000
SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SILENCE_S = 15
"""An index that says nothing for so long is asked again, twice."""
WORDS = 4_000
_CREDENTIALS = re.compile(r"://[^/@\s]+@")
# What uv says where the network or the index is at fault, not what was asked for.
_AWAY = re.compile(
    r"error sending request|failed to fetch|request failed|error decoding response|dns error|timed out|"
    r"tcp connect|failed to download|error reading a body",
    re.IGNORECASE,
)
_FULL = re.compile(r"No space left on device|Disk quota exceeded|File too large", re.IGNORECASE)


def uv_path() -> str:
    """The uv that was installed with Husk.

    Raises:
        Unavailable: it is not there.
    """
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        raise Unavailable("uv is missing from Husk's installation: install Husk again") from None


def environ(settings: Settings, home: Path, cache: Path | str) -> dict[str, str]:
    """All of uv's environment. ``home``: its working folder. Holds credentials: never log it."""
    found = {
        "PATH": SAFE_PATH,
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "UV_CACHE_DIR": str(cache),
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_HTTP_TIMEOUT": str(SILENCE_S),
        "UV_HTTP_RETRIES": "2",
        "UV_LINK_MODE": "hardlink",
    }
    proxy = settings.index_proxy.get_secret_value()
    told = {
        "UV_DEFAULT_INDEX": settings.index_url.get_secret_value(),
        "UV_INDEX": settings.extra_index_urls.get_secret_value(),
        "SSL_CERT_FILE": settings.index_ca,
        "UV_SYSTEM_CERTS": "" if settings.index_ca or not any(map(os.path.exists, SYSTEM_CAS)) else "1",
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
    }
    return {**found, **{name: value for name, value in told.items() if value}}


def bounds(settings: Settings, seconds: float) -> Bounds:
    """Of one call of uv. What is fetched is written once at most, and once more where links do not work."""
    most = int(settings.environment_max_gb * GB)
    return Bounds(seconds, int(settings.build_memory_gb * GB), most, 2 * most)


def hidden(text: str, folders: Iterable[Path]) -> str:
    """``text`` without credentials and without our folders."""
    text = _CREDENTIALS.sub("://", text)
    for folder in sorted(map(str, folders), key=len, reverse=True):
        text = text.replace(f"{folder}/", "").replace(folder, ".")
    return text


def words(lines: Iterable[str], folders: Iterable[Path]) -> str:
    """uv's words from its error on, without credentials and our folders, ``WORDS`` characters at most."""
    text = hidden("\n".join(lines), folders)
    _, mark, error = text.rpartition("\nerror: ")
    text = (error if mark else text).removeprefix("error: ").strip()
    return text if len(text) <= WORDS else f"{text[: WORDS - 1]}…"


def reason(settings: Settings, ended: Ended, folders: Iterable[Path]) -> str:
    """Why a build failed, by itself or by us."""
    if ended.why == "cancelled":
        return "the build was stopped; nothing of it was kept"
    if ended.why == "time":
        return (
            f"the build took longer than {settings.build_timeout_s:g} s and was ended: "
            "the package index is slow or does not answer, or HUSK_BUILD_TIMEOUT_S is too short"
        )
    if ended.why == "size":
        return (
            f"the packages are larger than {settings.environment_max_gb:g} GB, and were given up: "
            "HUSK_ENVIRONMENT_MAX_GB"
        )
    return sentence(ended, folders)


def sentence(ended: Ended, folders: Iterable[Path]) -> str:
    """Why installing failed, by itself."""
    text = words(ended.lines, folders)
    if is_full(text):
        return f"the environment was not built, because the disk is full: {text}"
    if is_away(text):
        return (
            f"the environment was not built, because the package index does not answer as it should: {text}"
        )
    if ended.code < 0 or not text:
        return "the build was ended by the system, most likely for want of memory: HUSK_BUILD_MEMORY_GB"
    return f"the environment was not built: {text}"


def is_away(text: str) -> bool:
    """Whether uv's words tell of an index that does not answer as it should."""
    return bool(_AWAY.search(text))


def is_full(text: str) -> bool:
    """Whether they tell of a disk, or a limit of ours on it, that is reached."""
    return bool(_FULL.search(text))
