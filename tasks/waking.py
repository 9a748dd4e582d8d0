"""The stream by which pages learn that something about a kernel changed in the ledger.

``publishing`` writes it too, within its script.
"""

from __future__ import annotations

from typing import Any

from broker_config import keys


def wake(client: Any, uid: str) -> None:
    """Tell of a kernel, by a client or a pipeline. Redis's errors pass."""
    client.xadd(keys.WAKE, {"kernel": uid}, maxlen=keys.WAKE_MAX_ENTRIES, approximate=True)
