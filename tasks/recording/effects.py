"""What has to be done once a batch of events is committed."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.ledger.endings import Ending


@dataclass(slots=True)
class Effects:
    """``ended``: uid → executions whose results the kernel may forget; ``changed``: kernels to tell pages of;
    ``publish``: kernels that take their queue now; ``endings``: collected, to be written in one go;
    ``runs``: of flows, of which a node has ended."""

    ended: dict[str, list[str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    publish: set[str] = field(default_factory=set)
    endings: list[Ending] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        """These too."""
        for uid, ids in other.ended.items():
            self.ended.setdefault(uid, []).extend(ids)
        self.changed |= other.changed
        self.publish |= other.publish
        self.runs |= other.runs
