"""Which faults there are."""

from __future__ import annotations

from tests.integration.faults import delivering, misbehaving, storing, striking

_ALL = (*striking.FAULTS, *misbehaving.FAULTS, *delivering.FAULTS, *storing.FAULTS)
FAULTS = {fault.name: fault for fault in _ALL}
