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
