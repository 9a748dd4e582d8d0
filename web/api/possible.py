"""What a new kernel may ask for depends on what kernels run in here: refused at once where it cannot be."""

from __future__ import annotations

from typing import Any, Protocol

from broker_config.wire.errors import NotAvailable

IMAGE_BUILD = "husk image build"


class Wishes(Protocol):
    """The fields that this is about."""

    @property
    def gpu(self) -> bool:
        """Whether it wants the host's GPUs."""

    @property
    def network(self) -> str:
        """``internet`` or ``isolated``."""

    @property
    def flavour(self) -> str:
        """Which image."""


def refuse(wishes: Wishes, facts: dict[str, Any]) -> None:
    """Raise ``NotAvailable`` for the first wish that this host cannot fulfil; ``facts`` of ``web.facts``."""
    (_of_container if facts["isolated"] else _of_process)(wishes, facts)
    refuse_flavour(wishes.flavour, facts)


def _of_process(wishes: Wishes, _facts: dict[str, Any]) -> None:
    if wishes.gpu:
        raise NotAvailable("a process kernel has no GPU; allowed is false", "gpu")
    if wishes.network != "internet":
        reason = "a process kernel shares its host's network: isolated needs a container"
        raise NotAvailable(f'{reason}; allowed is "internet"', "network")


def _of_container(wishes: Wishes, facts: dict[str, Any]) -> None:
    if wishes.gpu and not facts["gpu"]:
        reason = "the Docker Engine here has no NVIDIA runtime: install the NVIDIA Container Toolkit"
        raise NotAvailable(f"{reason}; allowed is false", "gpu")


def refuse_flavour(flavour: str, facts: dict[str, Any]) -> None:
    """Raise ``NotAvailable`` for a flavour that new kernels cannot have here."""
    if not facts["isolated"]:
        if flavour != "base":
            reason = "a process kernel has the packages of Husk's own environment: flavours are images"
            raise NotAvailable(f'{reason}; allowed is "base"', "flavour")
        return
    flavours = facts["image"].get("flavours")
    # An engine that is away says nothing about flavours: then the start says what is missing.
    if flavours and flavour not in flavours:
        known = ", ".join(f'"{one}"' for one in flavours)
        build = f"`{IMAGE_BUILD} {flavour}` builds it, if there is such a flavour"
        raise NotAvailable(f"there is no image of this flavour, there are {known}; {build}", "flavour")
