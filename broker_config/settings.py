"""Settings of the control plane; the only place that reads the environment.

Values come from ``HUSK_*`` variables, then from ``<data_dir>/stack.env``, which the embedded
stack writes with its generated secrets (mode 0600), then from files of ``/run/secrets`` named as the
variables in small letters, where containers get theirs. Kernels never see these settings: they get a ``Boot``
message on standard input.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from broker_config.wire.errors import BadSettings

ENV_FILE = "stack.env"
SECRETS_DIR = Path("/run/secrets")
# Read by the test run and by failpoints, not by the control plane's settings.
FOREIGN = frozenset({"HUSK_REQUIRE", "HUSK_FAILPOINT"})
WEAK = frozenset({"", "changeme", "password", "secret", "admin", "minioadmin", "husk"})
SHORTEST_SECRET = 16


class Settings(BaseSettings):
    """Every setting, with its unit and default."""

    model_config = SettingsConfigDict(env_prefix="HUSK_", extra="forbid", env_file_encoding="utf-8")

    data_dir: Path = Field(Path(".husk"), description="Folder of everything that embedded mode keeps")
    mode: Literal["embedded", "deployed"] = Field("embedded", description="Who runs Redis and S3")
    runtime: Literal["auto", "process", "docker"] = Field(
        "auto",
        description="Runtime of new kernels; auto: docker if an engine answers and has the image",
    )

    engine_url: str = Field(
        "unix:///var/run/docker.sock", description="The Docker Engine, or the proxy before its socket"
    )
    kernel_image: str = Field(
        "flowfile-kernel", description="Name of the kernels' image; the flavour is its tag"
    )

    web_host: str = Field("127.0.0.1", description="Address that the API listens on")
    web_port: int = Field(8420, ge=1, le=65535, description="Port of the API")
    web_threads: int = Field(64, ge=4, le=512, description="Request threads of the web process")
    web_streams: int = Field(600, ge=2, le=10_000, description="Event streams that may be open at once")
    web_proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies before the API, whose X-Forwarded headers count"
    )
    web_url: str = Field(
        "", description="The API's address as people reach it, for links; empty: host and port"
    )
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Opens the figures for Prometheus and nothing else; empty: no such token"
    )
    session_days: float = Field(7.0, gt=0, le=90, description="A login in a browser ends after so many days")
    flower_host: str = Field(
        "127.0.0.1", description="Address that Flower listens on and the API finds it at; never a public one"
    )
    flower_port: int = Field(8421, ge=1, le=65535, description="Port of Flower, for the API alone")
    redis_port: int = Field(8422, ge=1, le=65535, description="Embedded Redis's port")
    s3_port: int = Field(8423, ge=1, le=65535, description="Embedded S3 server's port")
    weed_port: int = Field(
        8430,
        ge=1,
        le=65529,
        description="First of the embedded S3 server's seven inner ports, all on loopback: N to N+6",
    )

    redis_url: SecretStr = Field(SecretStr(""), description="Redis as the control plane reaches it")
    redis_kernel_host: str = Field(
        "",
        description="Redis host as kernels reach it; empty: the gateway of their network, or loopback",
    )
    redis_kernel_port: int = Field(0, ge=0, le=65535, description="0: the port of redis_url")
    flower_redis_password: SecretStr = Field(SecretStr(""), description="Password of Flower's ACL user")

    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in data_dir")

    s3_endpoint: str = Field("", description="http(s)://host:port of the store; empty: embedded")
    s3_kernel_endpoint: str = Field(
        "",
        description="The store as kernels reach it, {gateway} being that of a container's network; "
        "empty: s3_endpoint, for containers its port on the gateway",
    )
    s3_region: str = Field("us-east-1", description="Region given to the SDK and signatures")
    s3_bucket: str = Field("husk", description="The one bucket that Husk uses")
    s3_access_key: str = Field("husk-control", description="Access key of the control plane")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="Its secret key")
    s3_role_arn: str = Field(
        "arn:aws:iam::role/HuskKernel", description="Role assumed for kernels' scoped credentials"
    )

    secret_key: SecretStr = Field(SecretStr(""), description="Encrypts kernel env values, signs cursors")
    internet_subnet: str = Field(
        "", description="IPv4 subnet of the bridge of kernels with internet; empty: the engine chooses"
    )
    isolated_subnet: str = Field(
        "", description="IPv4 subnet of the bridge of isolated kernels; empty: the engine chooses"
    )
    kernel_pids: int = Field(512, ge=64, le=32768, description="Processes and threads of one container")
    kernel_open_files: int = Field(8192, ge=256, le=1_048_576, description="Descriptors of one process of it")
    kernel_disk_gb: float = Field(
        10.0,
        gt=0,
        description="Most that a container's spool may hold in GB; over that it is stopped, or full",
    )
    kernel_disk: Literal["auto", "image", "watch"] = Field(
        "auto",
        description="image: a spool is a file system of its own, which takes root on the engine's host; "
        "watch: a folder that is measured; auto: image where that can be",
    )
    log_lines_kept: int = Field(
        1_000_000, ge=1_000, description="Lines that cells logged which can be searched; the oldest go first"
    )
    runs_kept_days: float = Field(
        90.0, ge=0, description="A run of a flow is removed so many days after its end; 0: none ever is"
    )
    runs_kept_per_flow: int = Field(
        20, ge=0, description="So many of each flow's ended runs stay, however old they are"
    )
    kernel_start_timeout_s: float = Field(120.0, gt=0, description="starting longer than this is an error")
    kernel_restarts: int = Field(
        8, ge=1, le=100, description="Failures in a row after which auto_restart leaves a kernel alone"
    )
    index_url: SecretStr = Field(
        SecretStr(""), description="Index that kernels' packages come from; empty: PyPI"
    )
    extra_index_urls: SecretStr = Field(
        SecretStr(""),
        description="More of them, by spaces, asked before it; the first that has a package is the one",
    )
    index_ca: str = Field("", description="PEM file of whom to trust as an index; empty: the system's")
    index_proxy: SecretStr = Field(SecretStr(""), description="Proxy on the way to an index")
    constraints: str = Field("", description="Requirements file that bounds versions in every lock")
    uv_cache_dir: str = Field("", description="Folder of what was fetched; empty: in data_dir")
    resolve_timeout_s: float = Field(
        60.0, gt=0, le=600, description="Making a lock longer than this is given up"
    )
    build_timeout_s: float = Field(
        600.0, gt=0, description="Building an environment longer than this is given up"
    )
    build_memory_gb: float = Field(2.0, ge=0.25, description="Memory of such a build in GB")
    environment_max_gb: float = Field(8.0, gt=0, description="Most that one environment may hold in GB")
    environment_keep_days: float = Field(
        7.0, ge=0, description="An environment that no kernel has is removed after so many days"
    )
    kernels_per_user: int = Field(200, ge=0, description="Kernels that one user may have; 0: any number")
    memory_gb_per_user: float = Field(
        256.0, ge=0, description="Memory limits of one user's running kernels in all, in GB; 0: any sum"
    )
    namespaces_per_kernel: int = Field(20, ge=1, le=1000, description="Flow namespaces kept per kernel")
    stream_head_bytes: int = Field(1_048_576, ge=1024, description="Output kept from a cell's beginning")
    stream_tail_bytes: int = Field(1_048_576, ge=1024, description="Output kept from a cell's end")
    stream_full_bytes: int = Field(67_108_864, ge=1024, description="Cap of a cell's full output object")
    request_max_bytes: int = Field(16_777_216, ge=1024, description="Largest JSON request body")
    upload_max_bytes: int = Field(5_368_709_120, ge=1024, description="Largest shared file by the API")

    @property
    def embedded_redis_url(self) -> str:
        """The Redis URL, password included. Never log it."""
        return self.redis_url.get_secret_value()

    @property
    def sqlalchemy_url(self) -> str:
        """Database URL; embedded mode keeps SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'husk.db'}"

    @property
    def store_endpoint(self) -> str:
        """S3 endpoint as the control plane reaches it."""
        return self.s3_endpoint or f"http://127.0.0.1:{self.s3_port}"

    @property
    def store_kernel_endpoint(self) -> str:
        """S3 endpoint as process kernels reach it (presigned URLs sign this host)."""
        return self.kernel_endpoint(None)

    def kernel_endpoint(self, gateway: str | None) -> str:
        """S3 endpoint as a kernel reaches it whose network has this gateway; None: a process kernel."""
        if self.s3_kernel_endpoint:
            return self.s3_kernel_endpoint.replace("{gateway}", gateway or "127.0.0.1")
        if gateway is None:
            return self.store_endpoint
        port = urlsplit(self.store_endpoint).port or 80
        return f"http://{gateway}:{port}"

    @property
    def gateways_file(self) -> Path:
        """Where embedded Redis and the S3 port's forwarder find the addresses that containers see."""
        return self.data_dir.resolve() / "gateways.json"

    @property
    def environments_dir(self) -> Path:
        """Folder of process kernels' environments: one folder per digest of a lock."""
        return self.data_dir.resolve() / "environments"

    @property
    def uv_cache(self) -> Path:
        """Folder of packages that were fetched, for all environments of this host."""
        return (
            Path(self.uv_cache_dir).resolve() if self.uv_cache_dir else self.data_dir.resolve() / "uv-cache"
        )

    @property
    def kernels_dir(self) -> Path:
        """Folder of process kernels: one folder per kernel uid."""
        return self.data_dir.resolve() / "kernels"


def unknown_variables(environ: dict[str, str]) -> list[str]:
    """Return the ``HUSK_*`` variables that no setting is named after, sorted."""
    known = {f"HUSK_{name.upper()}" for name in Settings.model_fields} | FOREIGN
    return sorted(k for k in environ if k.startswith("HUSK_") and k not in known)


def load_settings() -> Settings:
    """Read the environment and the stack's file.

    Raises:
        BadSettings: a variable that is not a setting, or a value out of its range; it names
            the setting and what is allowed, never the value.
    """
    unknown = unknown_variables(dict(os.environ))
    if unknown:
        raise BadSettings(f"unknown setting {unknown[0]}: see docs/settings.md for the settings there are")
    data_dir = Path(os.environ.get("HUSK_DATA_DIR", ".husk"))
    try:
        return Settings(
            _env_file=data_dir / ENV_FILE,  # type: ignore[call-arg]
            # pydantic warns of a folder that is not there.
            _secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "HUSK_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadSettings(f"{name}: {first['msg']}") from None


def require_secrets(settings: Settings) -> None:
    """Refuse to serve with a missing, short or default secret. Called by each process at start.

    Raises:
        BadSettings: names the setting and how to mend it, never the value.
    """
    for name in ("secret_key", "s3_secret_key"):
        value = getattr(settings, name).get_secret_value()
        if value.lower() in WEAK or len(value) < SHORTEST_SECRET:
            raise BadSettings(
                f"HUSK_{name.upper()} is missing, short or a default: "
                f"set at least {SHORTEST_SECRET} random characters"
            )
    if 0 < len(settings.metrics_token.get_secret_value()) < SHORTEST_SECRET:
        raise BadSettings(f"HUSK_METRICS_TOKEN is short: set at least {SHORTEST_SECRET} random characters")
    if not settings.embedded_redis_url:
        raise BadSettings("HUSK_REDIS_URL is missing: run `husk up`, or set it to your Redis")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once. Tests call ``get_settings.cache_clear()``."""
    return load_settings()
