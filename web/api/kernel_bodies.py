"""What a kernel is asked to be: the bodies that make and change one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from web.api.packages import LOCK, PACKAGES, LockText, Packages
from web.validation.fields import Flag, KernelId, LongName, PageQuery, Seconds, Strict

MOST_ENV = 100
LONGEST_ENV_VALUE = 32_768
MOST_ENV_BYTES = 262_144
RESERVED_ENV = ("HUSK_", "LD_", "PYTHON")
AUTO_RESTART = "Start it again when it fails, after 1, 2, 4 ... 60 s, a bounded number of times in a row"
ALLOW_SDIST = "Build packages of which there is no wheel from their sources, in a builder container"
IDLE_TIMEOUT = "Stop it when no cell ran or waited for so many seconds"


def _env(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MOST_ENV:
        raise ValueError(f"has at most {MOST_ENV} names")
    for name, text in value.items():
        if not (name.isascii() and name.isidentifier()) or len(name) > 200:
            raise ValueError("names are ASCII letters, digits and '_', and start with no digit")
        if name.startswith(RESERVED_ENV):
            raise ValueError(f"names do not start with {', '.join(RESERVED_ENV)}")
        if len(text) > LONGEST_ENV_VALUE or "\0" in text:
            raise ValueError(f"values have at most {LONGEST_ENV_VALUE} characters and no NUL")
    if sum(len(name) + len(text.encode()) for name, text in value.items()) > MOST_ENV_BYTES:
        raise ValueError(f"has at most {MOST_ENV_BYTES} bytes in all")
    return value


Env = Annotated[dict[str, str], AfterValidator(_env)]
Memory = Annotated[float, Field(ge=0.5, le=64, description="Memory limit in GB")]
Cores = Annotated[float, Field(ge=0.5, le=32, description="CPU cores; more than there are is warned of")]
Recovery = Literal["lazy", "eager", "clear"]


class NewKernelBody(Strict):
    """A kernel to make."""

    id: KernelId
    name: LongName | None = Field(None, description="For people; else the id")
    packages: Packages = Field([], description=PACKAGES)
    lock: LockText | None = Field(None, description=LOCK)
    memory_gb: Memory = 2.0
    cpu_cores: Cores = 2.0
    gpu: bool = False
    persistence: bool = True
    recovery_mode: Recovery = "lazy"
    network: Literal["internet", "isolated"] = "internet"
    flavour: Annotated[str, Field(min_length=1, max_length=20)] = "base"
    allow_sdist: bool = Field(False, description=ALLOW_SDIST)
    auto_restart: bool = Field(False, description=AUTO_RESTART)
    idle_timeout_s: Seconds | None = Field(None, description=IDLE_TIMEOUT)
    env: Env = Field({}, description="Names and values; values are never shown again")


class KernelChange(Strict):
    """What may be changed: the name always, the rest while the kernel is stopped."""

    name: LongName | None = None
    memory_gb: Memory | None = None
    cpu_cores: Cores | None = None
    persistence: bool | None = None
    recovery_mode: Recovery | None = None
    packages: Packages | None = Field(
        None, description=f"{PACKAGES}; locked anew, close to the lock there is"
    )
    lock: LockText | None = Field(None, description=f"{LOCK}: taken as it is")
    allow_sdist: bool | None = Field(None, description=ALLOW_SDIST)
    auto_restart: bool | None = Field(None, description=AUTO_RESTART)
    idle_timeout_s: Seconds | None = Field(None, description=f"{IDLE_TIMEOUT}; null: never")
    env: Env | None = None


class ListQuery(PageQuery):
    """Which kernels."""

    all: Flag = Field(False, description="Everybody's, for an admin")
