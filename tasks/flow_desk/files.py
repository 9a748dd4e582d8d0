"""Where artifacts are read: URLs of one, of all that a kernel published; and which are damaged."""

from __future__ import annotations

import logging
import time
from typing import Any

from broker_config.wire.errors import BadMessage, NotFound
from broker_config.wire.flows import MOST_SIGNED, KernelFile, ReportDamage, SignArtifact
from tasks.desk_addresses import gateway_of
from tasks.flow_desk.asking import Asker, asker, kernel_that_asks
from tasks.flow_desk.view import URL_S
from tasks.ledger import artifacts, catalog
from tasks.ledger.models import Artifact
from tasks.ledger.session import Session
from tasks.services import Services

MOST_FILES = 500

log = logging.getLogger(__name__)


def signed(services: Services, key: str, gateway: str | None) -> dict[str, Any]:
    """``{"url", "expires_at"}`` of an object; no request."""
    expires_at = time.time() + URL_S
    return {"url": services.store.presign_get(key, URL_S, gateway), "expires_at": expires_at}


def sign_artifact(services: Services, uid: str, asked: SignArtifact) -> dict[str, Any]:
    """A URL of an artifact of the asker's flow, and of others that may be asked for next.

    Raises:
        NotFound: there is none of this id, or not in this flow.
    """
    with services.ledger.read() as s:
        who = asker(s, uid, asked.execution_id)
        row = _in_flow(s, who, asked.id)
        others = [one for one in artifacts.some(s, asked.also[:MOST_SIGNED]) if _is_in_flow(one, who)]
    gateway = gateway_of(who.kernel)
    also = {str(one.id): services.store.presign_get(str(one.object_key), URL_S, gateway) for one in others}
    return {**signed(services, str(row.object_key), gateway), "also": also}


def kernel_artifacts(services: Services, uid: str, after: int | None) -> dict[str, Any]:
    """Some of what a kernel published, by id, and after which id there is more."""
    with services.ledger.read() as s:
        kernel = kernel_that_asks(s, uid)
        rows, following = artifacts.of_kernel(s, uid, after, MOST_FILES)
    gateway = gateway_of(kernel) if rows else None
    return {"files": [_file(services, row, gateway) for row in rows], "next": following}


def report_damage(services: Services, uid: str, said: ReportDamage) -> dict[str, Any]:
    """Mark what was read with another sum; only what the asker may read."""
    with services.ledger.write() as s:
        who = asker(s, uid, said.execution_id)
        if said.what == "artifact":
            artifacts.mark_damaged(s, _in_flow(s, who, said.id).id)
        elif said.what == "global":
            row = catalog.get(s, said.id)
            if row is None or row.version is None or row.owner_id != who.place.owner_id:
                raise NotFound("there is no such version")
            catalog.mark_damaged(s, str(row.object_key))
        else:
            raise BadMessage("what is damaged is an artifact or a global one")
    log.error(
        "%s %s is damaged: its sha256 was %.64s when it was read", said.what, said.id, said.found_sha256
    )
    return {}


def _in_flow(s: Session, who: Asker, artifact_id: int) -> Artifact:
    row = artifacts.get(s, artifact_id)
    if row is None or not _is_in_flow(row, who):
        raise NotFound("this artifact is not there any more")
    return row


def _is_in_flow(row: Artifact, who: Asker) -> bool:
    here = (row.owner_id, row.flow_key) == (who.place.owner_id, who.place.flow_key)
    return here and not row.staged and row.object_key is not None


def _file(services: Services, row: Artifact, gateway: str | None) -> KernelFile:
    url = services.store.presign_get(str(row.object_key), URL_S, gateway)
    return KernelFile(row.id, row.name, row.size, row.sha256, url, row.format, row.meta)
