"""Every object key, made here. Keys are of opaque ids, never of names that somebody chose."""

from __future__ import annotations

import uuid

from broker_config.wire import names
from broker_config.wire.errors import BadField

KERNELS = "k/"
PROBES = "probe/"


def kernel_prefix(uid: str) -> str:
    """The prefix that a kernel's scoped credential is confined to, ending in ``/``.

    Raises:
        BadField: not a kernel uid. A wildcard in it would open a policy.
    """
    if not names.UID.fullmatch(uid):
        raise BadField("not a kernel uid")
    return f"{KERNELS}{uid}/"


def owner_files_prefix(owner_id: int) -> str:
    """The prefix of an owner's shared files, ending in ``/``."""
    return f"u/{owner_id:d}/files/"


def flow_prefix(flow_id: str) -> str:
    """The prefix of a saved flow's outputs, ending in ``/``.

    Raises:
        BadField: not a flow's id.
    """
    if not names.FLOW_ID.fullmatch(flow_id):
        raise BadField("not a flow's id")
    return f"f/{flow_id}/"


def run_prefix(run_id: str) -> str:
    """The prefix of what the nodes of a flow's run put out, ending in ``/``.

    Raises:
        BadField: not a run's id.
    """
    if not names.UID.fullmatch(run_id):
        raise BadField("not a run's id")
    return f"r/{run_id}/"


def catalog_prefix(owner_id: int) -> str:
    """The prefix of an owner's global artifacts, ending in ``/``."""
    return f"c/{owner_id:d}/"


def of_upload(key: str) -> str:
    """The last part of the key that a kernel's upload gets elsewhere: no two kernels' uploads meet."""
    _, uid, _, upload = key.split("/", 3)
    return f"{uid}-{upload}"


def owner_file(owner_id: int) -> str:
    """A key for one version of one shared file of an owner."""
    return f"{owner_files_prefix(owner_id)}{uuid.uuid4()}"


def probe() -> str:
    """A key for one health check's object."""
    return f"{PROBES}{uuid.uuid4()}"
