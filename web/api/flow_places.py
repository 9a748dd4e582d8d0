"""Where the artifacts and outputs are that a flow's id in a path means."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import request

from broker_config.wire.errors import NotFound
from tasks.ledger import artifacts, flows, kernels, notebooks, outputs, shares
from tasks.ledger.artifacts import Place
from tasks.ledger.artifacts.reading import LOOSE
from tasks.ledger.session import Session
from web.auth import rules
from web.context import caller

NOTHING = "there is no such flow, and nothing was published under this id"


@dataclass(frozen=True, slots=True)
class Where:
    """A place, and the newest document of the flow, if it is a saved one."""

    place: Place
    document: dict[str, Any] | None

    def node_name(self, node_id: str) -> str:
        """The name of a node; "" where it is not in the flow."""
        nodes = [] if self.document is None else self.document["nodes"]
        return next((str(node["name"]) for node in nodes if node["id"] == node_id), "")


def find(session: Session, ref: str) -> Where:
    """What ``ref`` means: a saved flow or notebook; `~` and a kernel's uid for the cells there that have
    no flow; else the caller's own cells under this id.

    Raises:
        NotFound: none of these, or somebody else's. Forbidden: the kernel is shared, but not for this.
    """
    user = caller().user
    if ref.startswith(LOOSE):
        kernel = kernels.visible(session, user, ref[1:])
        rules.check_access(request.endpoint or "", shares.access(session, user, kernel))
        return Where(Place(kernel.owner_id, f"{LOOSE}{kernel.uid}"), None)
    try:
        flow = flows.visible(session, user, ref)
    except NotFound:
        place = Place(user.id, ref)
        with suppress(NotFound):
            notebook = notebooks.visible(session, user, ref)
            return Where(Place(notebook.owner_id, notebook.id), None)
        if artifacts.count(session, place) == 0 and not outputs.of_flow(session, user.id, ref):
            raise NotFound(NOTHING) from None
        return Where(place, None)
    return Where(Place(flow.owner_id, flow.id), flows.newest(session, flow).document)
