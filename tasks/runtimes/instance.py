"""Which installation a container, network or volume belongs to, and what these are called."""

from __future__ import annotations

import hashlib

from broker_config.settings import Settings

KERNEL = "husk.kernel"
OWNER = "husk.owner"
INSTANCE = "husk.instance"
INTENT = "husk.intent"
NETWORK = "husk.network"
GATEWAY = "husk.gateway"
ENVIRONMENT = "husk.environment"
"""On an environment's volume, and on the empty one that says that it is whole: the digest of its lock."""
BUILT = "husk.built"
"""On that empty volume: the name of the other."""
IMAGE = "husk.image"
FLAVOUR = "husk.flavour"
BUILDER = "husk.builder"
"""On a builder's container: the digest that it builds. The label of kernels it has not."""
CACHE = "husk.cache"


def instance_id(settings: Settings) -> str:
    """The same for every process of an installation, and for no other: it is made of its secret."""
    secret = settings.secret_key.get_secret_value()
    return hashlib.sha256(b"instance:" + secret.encode()).hexdigest()[:12]


def container_name(uid: str) -> str:
    """A kernel's container."""
    return f"husk-{uid}"


def volume_name(uid: str) -> str:
    """The volume of a kernel's spool, which outlives its containers."""
    return f"husk-spool-{uid}"


def network_name(instance: str, kind: str) -> str:
    """The bridge of all kernels of one kind."""
    return f"husk-{instance}-{kind}"


def environment_name(instance: str, digest: str, suffix: str) -> str:
    """A volume that an environment is built in."""
    return f"husk-env-{instance}-{digest[:12]}-{suffix}"


def whole_name(volume: str) -> str:
    """The empty volume that says that the environment in ``volume`` is whole: it is made in one step, while a
    volume's own labels are those that it began with."""
    return f"{volume}.whole"


def cache_name(instance: str) -> str:
    """The volume of wheels that builders of this installation have fetched."""
    return f"husk-uv-{instance}"
