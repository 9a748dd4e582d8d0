"""The two bridges of kernels, which do not reach each other on them; Redis and S3 are on the gateways."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from dataclasses import dataclass
from typing import Any, get_args

from docker.types import IPAMConfig, IPAMPool

from broker_config.settings import Settings
from broker_config.wire.errors import Conflict, KernelStartFailed, NotFound
from tasks.runtimes.base import Network
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import INSTANCE, NETWORK, instance_id, network_name

KINDS: tuple[Network, ...] = get_args(Network)
BUILDERS = "builders"
"""Of containers that build environments: with internet, and neither Redis nor S3 listens on its gateway."""
NO_TALK = "com.docker.network.bridge.enable_icc"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A network that is there. ``gateway``: this host's address on it."""

    name: str
    gateway: str


class Networks:
    """Made when first needed; a ``docker network prune`` may take them when no kernel runs."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._instance = instance_id(settings)
        self._subnets = {"internet": settings.internet_subnet, "isolated": settings.isolated_subnet}
        self._making = threading.Lock()

    def ensure(self, kind: str) -> Bridge:
        """The bridge of this kind: one of ``KINDS``, or ``BUILDERS``.

        Raises:
            KernelStartFailed: it cannot be made, or somebody else's network has its name.
            Unavailable: the engine is away.
        """
        with self._making:
            found = self._find(kind)
            if found is None:
                self._make(kind)
                found = self._find(kind)
        if found is None:
            raise KernelStartFailed(f"the network {kind} was made and is gone again")
        return found

    def ensure_all(self) -> dict[str, str]:
        """Kind → gateway of both. Raises as ``ensure``."""
        return {kind: self.ensure(kind).gateway for kind in KINDS}

    def remove(self) -> None:
        """Remove all where nothing uses them. Raises ``Unavailable``."""
        for kind in (*KINDS, BUILDERS):
            with (
                contextlib.suppress(NotFound, Conflict, KernelStartFailed),
                self._engine.asked("network") as client,
            ):
                client.remove_network(network_name(self._instance, kind))

    def _find(self, kind: str) -> Bridge | None:
        name = network_name(self._instance, kind)
        try:
            with self._engine.asked(f"network {name}") as client:
                found: dict[str, Any] = client.inspect_network(name)
        except NotFound:
            return None
        if found.get("Labels", {}).get(INSTANCE) != self._instance or not _walled(found, kind):
            raise KernelStartFailed(
                f"the network {name} is not as Husk makes it: remove it, then start again"
            )
        return Bridge(name, _gateway(found))

    def _make(self, kind: str) -> None:
        name, subnet = network_name(self._instance, kind), self._subnets.get(kind)
        with self._engine.asked(f"network {name}") as client, contextlib.suppress(Conflict):
            client.create_network(
                name,
                driver="bridge",
                internal=kind == "isolated",
                options={NO_TALK: "false"},
                labels={INSTANCE: self._instance, NETWORK: kind},
                ipam=IPAMConfig(pool_configs=[_pool(subnet)]) if subnet else None,
                check_duplicate=True,
            )


def _pool(subnet: str) -> IPAMPool:
    # The engine does not tell a gateway that it chose itself in a subnet that was given.
    return IPAMPool(subnet=subnet, gateway=str(next(ipaddress.ip_network(subnet).hosts())))


def _walled(found: dict[str, Any], kind: str) -> bool:
    return found["Options"].get(NO_TALK) == "false" and found["Internal"] is (kind == "isolated")


def _gateway(found: dict[str, Any]) -> str:
    for config in found["IPAM"]["Config"] or []:
        if config.get("Gateway"):
            return str(config["Gateway"]).partition("/")[0]
    raise KernelStartFailed(
        f"the network {found['Name']} has no gateway address: remove it, then start again"
    )
